/** The bridge: what it lets pass, how it ends, and what nobody ever reads in a log. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";

import { encodeToken } from "../../wasm/dist/subprotocol.js";
import { CLIENT_TOKEN, KEY, SILENCE, TOKEN, V3, asked, offer, rejected, rig, signal } from "./bridge-rig.js";
import { until } from "./programs.js";

test("what throws in the bridge ends the connection, and not the server", async (t) => {
  const given = await rig(t, { agent: {} });
  const page = given.page();
  assert.equal((await page.ended).code, 1006);
  assert.deepEqual(given.events.map(({ type, status }) => [type, status]), [["denied", 500]]);
  assert.match(given.events[0].reason, /agent/i);
  assert.equal(given.bridge.connections, 0);
});

test("a handshake that fails at its very end leaves nothing behind", async (t) => {
  const given = await rig(t);
  const twice = `${KEY}sec-websocket-protocol: ${offer()}, ${V3}\r\n`;
  assert.match(await asked(given.host, "GET", twice), /^HTTP\/1\.1 400 /);
  await until(() => given.bridge.connections === 0, "the end");
  assert.equal((await given.peers[0].ended).code, 1006);
});

test("messages pass in both directions, in order and as they are", async (t) => {
  const { page, peer } = await (await rig(t)).joined();
  const sent = Array.from({ length: 60 }, (_, n) => randomBytes(1 + n * 2000));
  for (const bytes of sent) {
    page.send(bytes);
    peer.send(bytes);
  }
  for (const end of [page, peer]) {
    await until(() => end.messages.length === sent.length, "the messages");
    assert.ok(end.messages.every((bytes, n) => bytes.equals(sent[n])));
  }
});

for (const from of ["page", "service"]) {
  const [own, other] = [from, from === "page" ? 1001 : 1011];
  for (const [what, send, code, reason] of [
    ["a text message", (end) => end.send("text"), 1003, "a tunnel takes binary messages only"],
    ["a message that is too long", (end) => end.send(Buffer.alloc(131_077)), 1009, "the message is too long"],
  ]) {
    test(`${what} of the ${own} ends both sides, each with its code, and the event says why`, async (t) => {
      const given = await rig(t);
      const { page, peer } = await given.joined();
      const ends = from === "page" ? [page, peer] : [peer, page];
      send(ends[0]);
      assert.equal((await ends[0].ended).code, code);
      assert.equal((await ends[1].ended).code, other);
      assert.deepEqual(ends[1].messages, []);
      await until(() => given.bridge.connections === 0, "the end");
      const by = from === "page" ? "browser" : "service";
      assert.deepEqual(given.events.slice(1), [{ type: "closed", side: "source", by, code, reason }]);
    });
  }
}

test("the event of an end that broke the rules of WebSockets says how", async (t) => {
  const given = await rig(t);
  const { page, peer } = await given.joined();
  page._socket.write(Buffer.from([0x8b, 0x80, 0, 0, 0, 0]));
  assert.equal((await peer.ended).code, 1001);
  const { by, reason } = await until(() => given.events[1], "the event");
  assert.equal(by, "browser");
  assert.match(reason, /invalid opcode 11/);
});

for (const [how, onEvent] of [
  ["throws", () => { throw new Error("the log is full"); }],
  ["rejects", async () => { throw new Error("the log is away"); }],
]) {
  test(`an onEvent that ${how} leaves no browser without an answer, and the server alive`, async (t) => {
    const denied = await rig(t, { onEvent });
    assert.equal((await rejected(denied.page({ protocols: [V3] }))).status, 400);
    const refused = await rig(t, { onEvent }, ["403 Forbidden", "x-status-reason: no"]);
    assert.deepEqual(await rejected(refused.page()), { status: 403, reason: "no" });
    const failed = await rig(t, { onEvent, target: "ws://127.0.0.1:1" });
    assert.equal((await rejected(failed.page())).status, 502);
    const thrown = await rig(t, { onEvent, agent: {} });
    assert.equal((await thrown.page().ended).code, 1006);
    const opened = await rig(t, { onEvent });
    const { page, peer } = await opened.joined();
    page.send(Buffer.from([1]));
    await until(() => peer.messages.length === 1, "the message");
    page.close(1000);
    assert.equal((await peer.ended).code, 1000);
    await until(() => opened.bridge.connections === 0, "the end");
  });
}

test("the longest message of the protocol passes, and another limit can be set", async (t) => {
  const { page, peer } = await (await rig(t)).joined();
  page.send(Buffer.alloc(131_076));
  await until(() => peer.messages.length === 1, "the message");
  const small = await (await rig(t, { maxMessage: 100 })).joined();
  small.page.send(Buffer.alloc(101));
  assert.equal((await small.page.ended).code, 1009);
});

test("a close goes through with its code and reason", async (t) => {
  const given = await rig(t);
  for (const [end, code, expected] of [
    ["peer", 1008, 1008],
    ["page", 1000, 1000],
    ["page", 4002, 1002], // as a page says 1002, which it may not
    ["page", undefined, 1005],
  ]) {
    const joined = await given.joined();
    const [from, to] = end === "peer" ? [joined.peer, joined.page] : [joined.page, joined.peer];
    from.close(code, code && "tunnel closed");
    assert.deepEqual(await to.ended, { code: expected, reason: code ? "tunnel closed" : "" });
    given.peers.length = 0;
  }
});

test("an end that is gone ends the other", async (t) => {
  const given = await rig(t);
  const one = await given.joined();
  one.page.terminate();
  assert.equal((await one.peer.ended).code, 1001);
  given.peers.length = 0;
  const two = await given.joined();
  two.peer.terminate();
  assert.equal((await two.page.ended).code, 1011);
});

test("both ends are pinged, and one that answers nothing is dropped", async (t) => {
  const given = await rig(t, { pingInterval: 50 });
  const { page, peer } = await given.joined();
  await Promise.all([once(page, "ping", signal()), once(peer, "ping", signal())]);
  peer._socket.pause();
  assert.equal((await page.ended).code, 1011);
});

/** A page that reads nothing, until everything on the way to it is full. */
async function stopped(t) {
  const given = await rig(t, { maxBuffered: 200_000 });
  const ends = await given.joined();
  ends.page.pause();
  // More than every socket on the way holds.
  const count = 400;
  let flushed = 0;
  for (let n = 0; n < count; n += 1) ends.peer.send(Buffer.alloc(100_000, 7), () => (flushed += 1));
  let before = -1;
  await until(async () => {
    if (flushed === before) return true;
    before = flushed;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  }, "the stop");
  assert.ok(flushed < count, `${flushed} messages are gone into buffers`);
  return { ...given, ...ends, count };
}

test("an end that is slow stops the other, and everything arrives", async (t) => {
  const { page, count } = await stopped(t);
  page.resume();
  await until(() => page.messages.length === count, "the messages");
});

test("an end that is stopped hears at once that the other is gone", async (t) => {
  const given = await stopped(t);
  given.page.terminate();
  // Much less than a WebSocket has to close.
  await until(() => given.bridge.connections === 0, "the end", 10_000);
});

test("a refusal of the service is the handshake's status, with the reason", async (t) => {
  const given = await rig(t, {}, ["400 Bad Request", "x-status-reason: The tunnel is closed", "channel-id: c-7", "content-length: 0"]);
  const response = await given.page().answer;
  assert.deepEqual(
    [response.statusCode, response.headers["x-status-reason"], response.headers["channel-id"]],
    [400, "The tunnel is closed", "c-7"],
  );
  let body = "";
  for await (const chunk of response) body += chunk;
  assert.equal(body, "The tunnel is closed\n");
  assert.deepEqual(given.events, [{ type: "refused", side: "source", status: 400, reason: "The tunnel is closed", channelId: "c-7" }]);
  await until(() => given.bridge.connections === 0, "the end");
});

test("a page that asks for it hears a refusal by a close frame", async (t) => {
  const given = await rig(t, {}, ["431 Too Long", "x-status-reason: The request is too long", "content-length: 0"]);
  const page = given.page({ protocols: offer(TOKEN, "iot-tunnel.refusal") });
  assert.deepEqual(await page.ended, { code: 4431, reason: "The request is too long" });
  assert.equal(page.protocol, "iot-tunnel.refusal");
});

const HEARING = { protocols: offer(TOKEN, "iot-tunnel.refusal") };

test("a page hears by a close frame that the bridge itself says no", async (t) => {
  const given = await rig(t, { maxConnections: 1 });
  assert.deepEqual(await given.page({ ...HEARING, path: "/tunnel" }).ended, { code: 4400, reason: "local-proxy-mode must be source or destination" });
  const twice = given.page({ ...HEARING, headers: { cookie: `awsiot-tunnel-token=${TOKEN}` } });
  assert.equal((await twice.ended).code, 4400);
  await given.joined(HEARING);
  assert.deepEqual(await given.page(HEARING).ended, { code: 4503, reason: "too many connections: try again later" });
  const nobody = await rig(t, { target: "ws://127.0.0.1:1" });
  assert.deepEqual(await nobody.page(HEARING).ended, { code: 4502, reason: "the service cannot be reached" });
});

test("a browser that was refused and does not close is dropped", async (t) => {
  const { host } = await rig(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const browser = connectTcp(Number(host.split(":")[1]), "127.0.0.1");
  const protocols = `sec-websocket-protocol: ${HEARING.protocols}\r\n`;
  browser.write(`GET /tunnel HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${KEY}${protocols}\r\n`);
  let answer = "";
  browser.on("data", (data) => (answer += data.toString("latin1")));
  while (!answer.includes("local-proxy-mode")) await once(browser, "data", signal());
  const ended = once(browser, "close", signal());
  t.mock.timers.tick(4_999);
  assert.equal(browser.destroyed, false);
  t.mock.timers.tick(1);
  await ended;
});

test("a service that cannot be reached, or answers nonsense, is 502", async (t) => {
  const nobody = await rig(t, { target: "ws://127.0.0.1:1" });
  assert.equal((await rejected(nobody.page())).status, 502);
  assert.equal(nobody.events[0].type, "failed");
  const moved = await rig(t, {}, ["302 Found", "location: ws://evil.example/", "content-length: 0"]);
  assert.equal((await rejected(moved.page())).status, 502);
  const slow = await rig(t, { handshakeTimeout: 50 }, SILENCE);
  assert.equal((await rejected(slow.page())).status, 502);
});

test("there is a limit on connections", async (t) => {
  const given = await rig(t, { maxConnections: 2 });
  await given.joined();
  const { page } = await given.joined();
  assert.equal((await rejected(given.page())).status, 503);
  page.close();
  await until(() => given.bridge.connections === 1, "room");
  await given.joined();
});

test("its end ends everything in order", async (t) => {
  const given = await rig(t);
  const { page, peer } = await given.joined();
  given.bridge.close();
  assert.deepEqual([(await page.ended).code, (await peer.ended).code], [1001, 1001]);
});

test("a browser that goes away meanwhile leaves nothing behind", async (t) => {
  const given = await rig(t, {}, SILENCE);
  const page = given.page();
  await until(() => given.bridge.connections === 1, "the attempt");
  page.terminate();
  await until(() => given.bridge.connections === 0, "the end");
});

test("no token shows in what the bridge says, whatever happens", async (t) => {
  const given = await rig(t);
  const { page } = await given.joined({ protocols: offer(TOKEN, `iot-tunnel.client-token.${CLIENT_TOKEN}`) });
  page.send("text");
  await page.ended;
  await rejected(given.page({ origin: "http://evil.example" }));
  await rejected(given.page({ protocols: offer(`${TOKEN}\u0001`) }));
  const refused = await rig(t, {}, ["400 Bad Request", "x-status-reason: no", "content-length: 0"]);
  await rejected(refused.page());
  const nobody = await rig(t, { target: "ws://127.0.0.1:1" });
  await rejected(nobody.page());
  const events = [given, refused, nobody].flatMap(({ events }) => events);
  assert.ok(events.length >= 6);
  const everything = JSON.stringify(events) + [given, refused, nobody].flatMap(({ said }) => said).join("\n");
  for (const secret of [TOKEN, encodeToken(TOKEN), CLIENT_TOKEN]) assert.ok(!everything.includes(secret));
});
