/** Nothing waits for ever: what is asked of a connection is answered, and its end settles every promise. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";

import { connect, settled, started, TYPE } from "./model.js";

test("a stream is opened as soon as the connection is open, and not before", async () => {
  const rig = connect();
  const opening = Promise.all([rig.connection.open("SSH"), rig.connection.open("RDP")]);
  await settled();
  rig.open();
  assert.deepEqual((await opening).map(({ service }) => service), ["SSH", "RDP"]);
  assert.deepEqual(rig.socket.received().map(({ type }) => type), [TYPE.streamStart, TYPE.streamStart]);
});

test("a service must be one of the session's and of the tunnel's", async () => {
  const rig = connect();
  const unknown = (message) => ({ name: "MisuseError", code: "UnknownService", number: 166, message });
  await assert.rejects(rig.connection.open("FTP"), unknown('no service "FTP": this connection has SSH, RDP'));
  await assert.rejects(rig.connection.open(), unknown("a service must be named: this connection has SSH, RDP"));
  rig.open("SSH");
  await assert.rejects(rig.connection.open("RDP"), { code: "ServiceNotInTunnel" });
  assert.deepEqual(rig.connection.services, ["SSH"]);
  assert.equal((await rig.connection.open("SSH")).service, "SSH");
});

test("without names there is one service, which the tunnel names", async () => {
  const rig = connect({ services: undefined });
  const opening = rig.connection.open();
  rig.open("SSH");
  assert.equal((await opening).service, "SSH");
  assert.equal((await rig.connection.open("SSH")).service, "SSH");
  await assert.rejects(rig.connection.open("RDP"), { code: "UnknownService", message: 'no service "RDP": this connection has SSH' });

  const several = connect({ services: undefined });
  several.open("SSH", "RDP");
  await settled();
  assert.equal(several.told.errors[0].code, "ServiceNotChosen");
  await assert.rejects(several.connection.open(), { code: "ServiceNotChosen" });

  const nameless = connect({ services: undefined });
  nameless.socket.accept();
  nameless.socket.announce();
  assert.equal((await nameless.connection.open()).service, undefined);
});

test("a destination opens nothing, and a service has room for 256 connections", async () => {
  const { connection } = await started();
  await assert.rejects(connection.open("SSH"), { code: "NotSource" });
  const rig = connect();
  rig.open();
  const opened = await Promise.allSettled(Array.from({ length: 257 }, () => rig.connection.open("SSH")));
  assert.deepEqual(opened.map(({ status }) => status).lastIndexOf("fulfilled"), 255);
  assert.equal(opened.at(-1).reason.code, "ConnectionTableFull");
});

for (const [state, reach] of [
  ["connecting", () => {}],
  ["open", (rig) => rig.open()],
  ["awaiting-token", (rig) => rig.socket.refuse(400, "no")],
]) {
  test(`an opening that is aborted ends with the signal's reason (${state})`, async () => {
    const rig = connect();
    reach(rig);
    assert.equal(rig.connection.state, state);
    const abort = new AbortController();
    if (state === "open") {
      // Without room for the message that opens it.
      rig.socket.bufferedAmount = 10_000_000;
      for (let sent = 0; sent < 300; sent += 1) void rig.connection.open("SSH").catch(() => {});
    }
    const opening = rig.connection.open("SSH", { signal: abort.signal });
    const other = rig.connection.open("RDP");
    const failed = assert.rejects(opening, { message: "changed my mind" });
    await settled();
    abort.abort(new Error("changed my mind"));
    await failed;
    await assert.rejects(rig.connection.open("SSH", { signal: abort.signal }), { message: "changed my mind" });
    const closed = assert.rejects(other, { code: "SessionClosed" });
    rig.connection.close();
    await closed;
  });
}

test("the end settles every promise", async () => {
  const source = connect();
  const socket = source.open();
  const stream = await source.connection.open("SSH");
  socket.bufferedAmount = 10_000_000;
  const writer = stream.writable.getWriter();
  const expected = { code: "SessionClosed", name: "MisuseError" };
  const all = [
    assert.rejects(writer.write(new Uint8Array(10)), expected),
    assert.rejects(writer.closed, expected),
    assert.rejects(writer.ready.then(() => writer.ready), expected),
    assert.rejects(stream.readable.getReader().read(), expected),
    assert.rejects(stream.closed, expected),
  ];
  await settled();
  source.connection.close();
  await Promise.all(all);
  assert.equal(socket.closed.code, 1000);
  await assert.rejects(source.connection.open("SSH"), expected);
  assert.throws(() => source.connection.replaceToken("token-2"), expected);
  assert.deepEqual([source.connection.state, source.clock.timers], ["closed", 0]);

  const destination = connect({ side: "destination", services: ["SSH"] });
  const waiting = destination.connection.streams().next();
  destination.open("SSH");
  destination.socket.drop(1008, "tunnel closed");
  assert.equal((await waiting).done, true);
  await settled();
  assert.equal(destination.connection.state, "closed");
});

test("a signal closes it, and one that is aborted already lets it not begin", async () => {
  const abort = new AbortController();
  const rig = connect({ signal: abort.signal });
  rig.open();
  abort.abort();
  assert.deepEqual([rig.connection.state, rig.socket.closed.code], ["closed", 1000]);
  const late = connect({ signal: AbortSignal.abort() });
  assert.deepEqual([late.connection.state, late.sockets.length], ["closed", 0]);
  await assert.rejects(late.connection.open("SSH"), { name: "AbortError" });
});

test("whatever waits gets the signal's reason, and a connection that is closed listens to its signal no more", async () => {
  const abort = new AbortController();
  const { signal } = abort;
  const [opening, open, closed] = [0, 1, 2].map(() => connect({ signal }));
  assert.equal(getEventListeners(signal, "abort").length, 3);
  closed.connection.close();
  assert.equal(getEventListeners(signal, "abort").length, 2);
  await assert.rejects(closed.connection.open("SSH"), { code: "SessionClosed" });
  open.open();
  const stream = await open.connection.open("SSH");
  const reason = { message: "no more" };
  const failures = [assert.rejects(opening.connection.open("SSH"), reason), assert.rejects(stream.closed, reason)];
  abort.abort(new Error("no more"));
  await Promise.all(failures);
  await assert.rejects(stream.readable.getReader().read(), reason);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.throws(() => connect({ signal: new AbortController().signal, accessToken: "" }), { code: "InvalidAccessToken" });
});

test("limits that are no whole numbers in their range are refused before anything begins", () => {
  for (const maxPayload of [0, -1, 1.5, 64_513, 2 ** 32 + 100, NaN, Infinity]) {
    assert.throws(() => connect({ maxPayload }), { name: "MisuseError", code: "MaxPayloadOutOfRange" }, `maxPayload ${maxPayload}`);
  }
  for (const receiveLimit of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => connect({ receiveLimit }), { name: "RangeError", message: /receiveLimit/ }, `receiveLimit ${receiveLimit}`);
  }
  for (const limits of [{ maxPayload: 1, receiveLimit: 1 }, { maxPayload: 64_512 }]) connect(limits).connection.close();
});

test("a WebSocket that cannot be made is a connection that failed", async () => {
  const rig = connect({
    WebSocket: class {
      constructor() {
        throw new DOMException("mixed content", "SecurityError");
      }
    },
  });
  await settled();
  assert.equal(rig.connection.state, "backoff");
  assert.deepEqual([rig.told.errors[0].code, rig.told.errors[0].message.includes("mixed content")], ["ConnectionLost", true]);
  rig.connection.close();
});

test("a text message and a wrong subprotocol end the WebSocket with their codes", async () => {
  for (const [kind, moved] of [["node", 0], ["browser", 3000]]) {
    const text = connect({}, kind);
    text.open().text("hello");
    const wrong = connect({}, kind);
    wrong.socket.accept("chat");
    await settled();
    assert.deepEqual([text.socket.closed.code, text.told.errors[0].code], [1003 + moved, "TextFrame"]);
    assert.deepEqual([wrong.socket.closed.code, wrong.told.errors[0].code], [1002 + moved, "WrongSubprotocol"]);
    assert.equal(text.connection.state, "backoff");
  }
});

test("pings are sent, answered and judged where a WebSocket can ping", async () => {
  const rig = connect();
  rig.open();
  for (let ping = 1; ping < 5; ping += 1) {
    await rig.clock.alarm();
    assert.equal(rig.socket.pings.length, ping);
    rig.socket.pong("somebody else's");
    rig.socket.pong();
  }
  assert.equal(rig.connection.state, "open");
  await rig.clock.alarm();
  while (rig.connection.state === "open") await rig.clock.alarm();
  await settled();
  assert.match(rig.told.errors[0].message, /silent for 30 s/);
  // One that has never answered is not expected to.
  const deaf = connect();
  deaf.open();
  await deaf.clock.advance(600_000);
  assert.deepEqual([deaf.connection.state, deaf.told.errors, deaf.socket.pings.length], ["open", [], 30]);
  // A browser cannot, so nothing is concluded.
  const browser = connect({}, "browser");
  browser.open();
  await browser.clock.advance(600_000);
  assert.equal(browser.connection.state, "open");
});
