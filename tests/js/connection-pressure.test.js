/** Whoever is slow slows down the other end, and memory stays within its limit. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { collect, connect, drain, frame, messages, settled, started, TYPE } from "./model.js";

const KIB = 1024;
const payload = new Uint8Array(60_000).fill(7);

test("a slow reader stops the socket of Node, and a reader that goes on starts it again", async () => {
  const { connection, socket, stream, about } = await started();
  let delivered = 0;
  for (; !socket.paused; delivered += 1) socket.deliver({ type: TYPE.data, ...about, payload });
  assert.ok(delivered * payload.length <= 256 * KIB, `${delivered} messages before the stop`);
  const reader = stream.readable.getReader();
  for (let read = 0; read < delivered; read += 1) await reader.read();
  assert.equal(socket.paused, false);
  socket.deliver({ type: TYPE.data, ...about, payload });
  assert.deepEqual((await reader.read()).value, payload);
  assert.equal(connection.state, "open");
});

test("a socket that is stopped reads again when it is closed, or it would wait for the peer's close in vain", async () => {
  const { connection, socket, about } = await started();
  while (!socket.paused) socket.deliver({ type: TYPE.data, ...about, payload });
  connection.close();
  assert.deepEqual([socket.closed.code, socket.paused], [1000, false]);
});

test("a socket that is stopped is not taken for silent", async () => {
  const { connection, clock, socket, about } = await started();
  while (!socket.paused) socket.deliver({ type: TYPE.data, ...about, payload });
  await clock.advance(200_000);
  assert.equal(connection.state, "open");
  assert.ok(socket.pings.length > 3);
});

test("streams that have ended or been dropped hold nobody up once they are read, reset or cut", async () => {
  for (const settle of [
    ({ stream }) => drain(stream.readable),
    ({ stream }) => stream.reset(),
    ({ stream }) => stream.readable.cancel(),
  ]) {
    const rig = await started();
    while (!rig.socket.paused) rig.socket.deliver({ type: TYPE.data, ...rig.about, payload });
    rig.socket.deliver({ type: TYPE.connectionReset, ...rig.about });
    assert.ok(rig.socket.paused);
    await settle(rig);
    assert.ok(!rig.socket.paused);
  }
  const rig = await started();
  while (!rig.socket.paused) rig.socket.deliver({ type: TYPE.data, ...rig.about, payload });
  rig.connection.replaceToken("token-2");
  const socket = rig.sockets.at(-1);
  socket.accept();
  socket.announce("SSH");
  socket.deliver({ type: TYPE.streamStart, streamId: 9, serviceId: "SSH", connectionId: 1 });
  socket.deliver({ type: TYPE.data, streamId: 9, serviceId: "SSH", connectionId: 1, payload });
  assert.ok(!socket.paused);
  await assert.rejects(drain(rig.stream.readable), { code: "ConnectionLost" });
});

test("where nothing stops the peer, the stream with most bytes waiting fails at the limit, and says so", async () => {
  const { connection, socket, stream, about } = await started({ receiveLimit: 500_000 }, "browser");
  socket.deliver({ type: TYPE.connectionStart, ...about, connectionId: 2 });
  const { value: other } = await connection.streams().next();
  socket.deliver({ type: TYPE.data, ...about, connectionId: 2, payload: payload.subarray(0, 100) });
  socket.received();
  for (let sent = 0; sent < 12; sent += 1) socket.deliver({ type: TYPE.data, ...about, payload });
  await assert.rejects(drain(stream.readable), { code: "ReceiveLimitExceeded", name: "CapacityError", party: "room", message: /read faster/ });
  await assert.rejects(stream.closed, { code: "ReceiveLimitExceeded" });
  assert.deepEqual(socket.received().map(({ type, connectionId }) => [type, connectionId]), [[TYPE.connectionReset, 1]]);
  socket.deliver({ type: TYPE.connectionReset, ...about, connectionId: 2 });
  assert.deepEqual((await drain(other.readable)).length, 100);
  assert.equal(connection.state, "open");
});

test("single bytes count for what they cost", async () => {
  const { socket, stream, about } = await started({ receiveLimit: 100_000 }, "browser");
  const byte = frame({ type: TYPE.data, ...about, payload: Uint8Array.of(1) });
  for (let sent = 0; sent < 2000; sent += 1) socket.bytes(byte);
  await assert.rejects(drain(stream.readable), { code: "ReceiveLimitExceeded" });
});

test("what is read counts no more, be it read together, and nobody keeps it", async () => {
  const { socket, stream, about } = await started({ receiveLimit: 2_000_000 }, "browser");
  const reader = stream.readable.getReader();
  const byte = frame({ type: TYPE.data, ...about, payload: Uint8Array.of(1) });
  for (let round = 0; round < 50; round += 1) {
    for (let sent = 0; sent < 500; sent += 1) socket.bytes(byte);
    assert.equal((await reader.read()).value.length, 500);
    assert.equal(stream.waiting, 0);
  }
  // A reader that is always behind: something waits at any time.
  const large = frame({ type: TYPE.data, ...about, payload });
  socket.bytes(large);
  await collect(() => false);
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 1000; round += 1) {
    socket.bytes(large);
    assert.equal((await reader.read()).value.length, payload.length);
  }
  const kept = () => process.memoryUsage().arrayBuffers - before;
  await collect(() => kept() < 1_000_000);
  assert.ok(kept() < 1_000_000, `${kept()} of ${1000 * payload.length} bytes`);
});

test("what has been read is let go of while more waits than was read", async () => {
  const { socket, stream, about } = await started({}, "browser");
  const reader = stream.readable.getReader();
  for (let sent = 0; sent < 10; sent += 1) socket.deliver({ type: TYPE.data, ...about, payload });
  const references = [];
  for (let read = 0; read < 4; read += 1) references.push(new WeakRef((await reader.read()).value.buffer));
  const alive = () => references.filter((reference) => reference.deref() !== undefined).length;
  await collect(() => alive() <= 1);
  assert.ok(alive() <= 1, `${alive()} of 4 are alive`);
});

test("single bytes that are read start a socket of Node again", async () => {
  const { socket, stream, about } = await started();
  const byte = frame({ type: TYPE.data, ...about, payload: Uint8Array.of(1) });
  const reader = stream.readable.getReader();
  for (let round = 0; round < 3; round += 1) {
    let sent = 0;
    for (; !socket.paused; sent += 1) socket.bytes(byte);
    assert.equal((await reader.read()).value.length, sent);
    assert.equal(socket.paused, false);
  }
});

for (const kind of ["node", "browser"]) {
  test(`a write waits for a WebSocket that is full, and ends when that has sent (${kind})`, async () => {
    const rig = connect({}, kind);
    const socket = rig.open();
    const stream = await rig.connection.open("SSH");
    socket.received();
    socket.bufferedAmount = 10_000_000;
    const writer = stream.writable.getWriter();
    let done = false;
    const written = writer.write(payload).then(() => (done = true));
    await rig.clock.advance(1000);
    assert.deepEqual([done, socket.sent.length], [false, 0]);
    assert.equal(writer.desiredSize, 0);
    socket.bufferedAmount = 0;
    await rig.clock.advance(10);
    await written;
    assert.deepEqual(socket.received().map(({ payload }) => payload.length), [payload.length]);
  });
}

test("writers of several streams take turns", async () => {
  const rig = connect();
  const socket = rig.open();
  const streams = await Promise.all([1, 2, 3].map(() => rig.connection.open("SSH")));
  const ids = socket.received().map(({ connectionId }) => connectionId);
  socket.bufferedAmount = 10_000_000;
  const writes = streams.map((stream) => stream.writable.getWriter().write(new Uint8Array(3 * 64_512)));
  await settled();
  // From now on it takes one message at a time.
  const order = [];
  const { send } = socket;
  socket.send = (data) => {
    order.push(messages(data)[0].connectionId);
    socket.bufferedAmount = 10_000_000;
  };
  for (let turn = 0; turn < 9; turn += 1) {
    socket.bufferedAmount = 0;
    await rig.clock.advance(10);
  }
  await Promise.all(writes);
  assert.deepEqual(order, [...ids, ...ids, ...ids]);
  socket.send = send;
});

test("a write that waits ends when its stream does, and the others go on", async () => {
  const rig = connect();
  const socket = rig.open();
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => rig.connection.open("SSH")));
  socket.received();
  socket.bufferedAmount = 10_000_000;
  const writers = [first, second, third].map((stream) => stream.writable.getWriter());
  const writes = writers.map((writer) => writer.write(payload));
  const failures = [assert.rejects(writes[0], { message: "enough" }), assert.rejects(writes[1], { message: "enough" })];
  first.reset(new Error("enough"));
  await writers[1].abort(new Error("enough"));
  await Promise.all(failures);
  socket.bufferedAmount = 0;
  await rig.clock.advance(10);
  await writes[2];
  assert.deepEqual(socket.received().map(({ type, connectionId }) => [type, connectionId]), [
    [TYPE.connectionReset, 1],
    [TYPE.connectionReset, 2],
    [TYPE.data, 3],
  ]);
});

for (const [what, begin] of [
  ["a write", ({ writer }) => writer.write(payload)],
  // So many resets wait that there is no room for a start.
  ["an opening", ({ connection }) => connection.open("RDP")],
]) {
  test(`${what} that finds room before anybody has looked sends what waits, and does not ask without end`, async () => {
    const rig = connect();
    const socket = rig.open();
    const [first, ...streams] = await Promise.all(Array.from({ length: 500 }, (_, at) => rig.connection.open(at % 2 ? "SSH" : "RDP")));
    const writer = first.writable.getWriter();
    socket.received();
    socket.bufferedAmount = 10_000_000;
    for (const stream of streams) stream.reset();
    // The socket has sent, and the timer that looks has not come yet. A loop without end would never come to an assertion.
    let asked = 0;
    Object.defineProperty(socket, "bufferedAmount", {
      get() {
        asked += 1;
        if (asked > 2000) throw new Error("asked 2000 times");
        return 0;
      },
    });
    await begin({ ...rig, writer });
    const last = what === "a write" ? TYPE.data : TYPE.connectionStart;
    assert.deepEqual(socket.received().map(({ type }) => type), [...streams.map(() => TYPE.connectionReset), last]);
  });
}

test("a destination that cannot send its answers takes no more messages, and none is lost", async () => {
  const { connection, socket, clock, about } = await started();
  socket.received();
  socket.bufferedAmount = 10_000_000;
  // Nobody serves that service: each start is answered by a reset.
  for (let id = 0; id < 1000; id += 1) socket.deliver({ type: TYPE.streamStart, streamId: 100 + id, serviceId: "NONE", connectionId: 1 });
  socket.deliver({ type: TYPE.connectionStart, ...about, connectionId: 9 });
  const next = connection.streams().next();
  assert.deepEqual(socket.sent, []);
  socket.bufferedAmount = 0;
  await clock.advance(100);
  assert.equal((await next).value.service, "SSH");
  const resets = socket.received();
  assert.deepEqual(resets.map(({ streamId }) => streamId), Array.from({ length: 1000 }, (_, id) => 100 + id));
});

test("what such a destination keeps goes with its WebSocket", async () => {
  const { connection, socket, clock, told } = await started();
  socket.bufferedAmount = 10_000_000;
  for (let id = 0; id < 1000; id += 1) socket.deliver({ type: TYPE.streamStart, streamId: 100 + id, serviceId: "NONE", connectionId: 1 });
  socket.bytes([0, 0]);
  for (let id = 0; id < 10; id += 1) socket.deliver({ type: TYPE.streamStart, streamId: 2000 + id, serviceId: "SSH", connectionId: 1 });
  socket.bufferedAmount = 0;
  while (connection.state === "open") await clock.alarm();
  await settled();
  assert.deepEqual(told.errors.map(({ code }) => code), ["EmptyFrame"]);
  assert.equal(connection.state, "backoff");
  connection.close();
  assert.equal((await connection.streams().next()).done, true);
});

test("such a destination stops its peer until it has answered, and no limit is reached", async () => {
  const { connection, socket, clock, stream, about, told } = await started({ receiveLimit: 50_000 });
  const reader = stream.readable.getReader();
  socket.bufferedAmount = 10_000_000;
  let asked = 0;
  for (; !socket.paused && asked < 1000; asked += 1) socket.deliver({ type: TYPE.streamStart, streamId: 100 + asked, serviceId: "NONE", connectionId: 1 });
  // What the socket had in hand when it was stopped may be more than the limit.
  socket.deliver({ type: TYPE.data, ...about, payload });
  for (let seconds = 0; seconds < 200; seconds += 10) await clock.jump(10_000);
  assert.deepEqual([connection.state, socket.closed, socket.paused], ["open", undefined, true]);
  socket.bufferedAmount = 0;
  await clock.advance(10);
  assert.equal(socket.received().filter(({ type }) => type === TYPE.streamReset).length, asked);
  assert.deepEqual((await reader.read()).value, payload);
  assert.deepEqual([told.errors, socket.paused], [[], false]);
});

test("what such a destination keeps has the same limit where nothing stops the peer", async () => {
  const { connection, socket, told } = await started({ receiveLimit: 50_000 }, "browser");
  socket.bufferedAmount = 10_000_000;
  for (let id = 0; id < 10_000 && !socket.closed; id += 1) {
    socket.deliver({ type: TYPE.streamStart, streamId: 100 + id, serviceId: "NONE", connectionId: 1 });
  }
  assert.equal(socket.closed.code, 4008);
  await settled();
  assert.equal(told.errors[0].code, "ReceiveLimitExceeded");
  assert.equal(connection.state, "backoff");
});
