/** The bytes of a stream arrive as they were sent, in both directions, and its end and its failure are told. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { connect, drain, settled, started, TYPE } from "./model.js";

const bytes = (length, seed = 1) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 255);

/** A source with an open stream, and what the service saw of its start. */
async function opened(options, kind) {
  const rig = connect(options, kind);
  const socket = rig.open();
  const stream = await rig.connection.open("SSH");
  const [{ streamId, connectionId, serviceId }] = socket.received();
  return { ...rig, socket, stream, about: { streamId, serviceId, connectionId } };
}

for (const kind of ["node", "browser"]) {
  test(`what is written is sent in payloads of at most 64,512 bytes (${kind})`, async () => {
    const { stream, socket } = await opened({}, kind);
    const data = bytes(200_000);
    const writer = stream.writable.getWriter();
    await writer.write(data);
    await writer.write(data.buffer.slice(0, 10));
    await writer.write(new DataView(data.buffer, 10, 5));
    const sent = socket.received();
    assert.ok(sent.every(({ type, payload }) => type === TYPE.data && payload.length <= 64_512));
    assert.deepEqual(Buffer.concat(sent.map(({ payload }) => payload)), Buffer.concat([data, data.subarray(0, 15)]));
  });

  test(`what comes is read in order, whatever the WebSocket messages are cut into (${kind})`, async () => {
    const { stream, socket, about } = await opened({}, kind);
    const all = [bytes(64_512), bytes(1, 9), bytes(64_512, 3)];
    const { frame } = await import("./model.js");
    const wire = Buffer.concat(all.map((payload) => frame({ type: TYPE.data, ...about, payload })));
    // In one message, which is longer than the inbox of the session, and byte by byte.
    socket.bytes(wire);
    for (const byte of wire.subarray(0, 64_540)) socket.bytes([byte]);
    socket.bytes(wire.subarray(64_540));
    socket.deliver({ type: TYPE.connectionReset, ...about });
    assert.deepEqual(await drain(stream.readable), Buffer.concat([...all, ...all]));
    await stream.closed;
  });
}

test("an agreed smaller maximum is kept", async () => {
  const { stream, socket } = await opened({ maxPayload: 1000 });
  await stream.writable.getWriter().write(bytes(2500));
  assert.deepEqual(socket.received().map(({ payload }) => payload.length), [1000, 1000, 500]);
});

test("streams of two services, and two of one, do not mix", async () => {
  const { connection, socket, stream, about } = await opened();
  const [second, rdp] = [await connection.open("SSH"), await connection.open("RDP")];
  const [two, three] = socket.received();
  assert.deepEqual([two.type, three.type], [TYPE.connectionStart, TYPE.streamStart]);
  assert.deepEqual([stream.service, second.service, rdp.service], ["SSH", "SSH", "RDP"]);
  const of = ({ streamId, serviceId, connectionId }) => ({ streamId, serviceId, connectionId });
  const parts = [[stream, about], [second, of(two)], [rdp, of(three)]];
  for (const [index, [, about]] of parts.entries()) socket.deliver({ type: TYPE.data, ...about, payload: bytes(10, index) });
  for (const [index, [stream]] of parts.entries()) {
    assert.deepEqual((await stream.readable.getReader().read()).value, bytes(10, index));
  }
});

test("the peer's end is the end of reading, after all bytes, and writing fails", async () => {
  const { stream, socket, about } = await opened();
  socket.deliver({ type: TYPE.data, ...about, payload: bytes(5) }, { type: TYPE.connectionReset, ...about });
  assert.deepEqual(await drain(stream.readable), Buffer.from(bytes(5)));
  await assert.rejects(stream.writable.getWriter().write(bytes(1)), { code: "ConnectionEnded", name: "MisuseError" });
  await stream.closed;
});

test("a STREAM_RESET cuts the streams of its service only, a SESSION_RESET cuts all", async () => {
  const { connection, socket, stream, about } = await opened();
  const rdp = await connection.open("RDP");
  socket.deliver({ type: TYPE.streamReset, streamId: about.streamId, serviceId: "SSH" });
  await assert.rejects(drain(stream.readable), { code: "ConnectionLost", party: "peer", message: /the other side is gone/ });
  await assert.rejects(stream.closed, { code: "ConnectionLost" });
  socket.deliver({ type: TYPE.sessionReset });
  await assert.rejects(drain(rdp.readable), { code: "ConnectionLost", party: "peer" });
  await assert.rejects(rdp.closed, { code: "ConnectionLost" });
  assert.equal(connection.state, "open");
});

test("closing the writing side sends everything, then ends the connection; what came is still read", async () => {
  const { stream, socket, about } = await opened();
  socket.deliver({ type: TYPE.data, ...about, payload: bytes(3) });
  const writer = stream.writable.getWriter();
  void writer.write(bytes(100_000));
  await writer.close();
  const sent = socket.received();
  assert.deepEqual(sent.map(({ type }) => type), [TYPE.data, TYPE.data, TYPE.connectionReset]);
  assert.deepEqual(await drain(stream.readable), Buffer.from(bytes(3)));
  await stream.closed;
});

for (const [how, end] of [
  ["reset", (stream) => stream.reset(new Error("enough"))],
  ["cancelling the reading", (stream) => stream.readable.cancel(new Error("enough"))],
  ["aborting the writing", (stream) => stream.writable.abort(new Error("enough"))],
]) {
  test(`${how} ends the connection at once, and both sides fail with the reason`, async () => {
    const { stream, socket, about } = await opened();
    socket.deliver({ type: TYPE.data, ...about, payload: bytes(3) });
    await end(stream);
    await settled();
    assert.deepEqual(socket.received().map(({ type, connectionId }) => [type, connectionId]), [[TYPE.connectionReset, about.connectionId]]);
    if (how !== "cancelling the reading") await assert.rejects(drain(stream.readable), { message: "enough" });
    await assert.rejects(stream.writable.getWriter().write(bytes(1)), { message: "enough" });
    await stream.closed;
    stream.reset();
    // What is on its way is of no interest to anybody.
    socket.deliver({ type: TYPE.data, ...about, payload: bytes(3) });
  });
}

for (const [how, cut] of [
  ["the WebSocket drops", ({ socket }) => socket.drop()],
  ["a new token replaces it", ({ connection }) => connection.replaceToken("token-2")],
  ["the peer breaks the protocol", ({ socket }) => socket.bytes([0, 0])],
  ["the service, which has answered a ping, is silent", async ({ clock, socket }) => {
    await clock.advance(20_000);
    socket.pong();
    await clock.advance(60_000);
  }],
]) {
  test(`when ${how}, reading gives what came and then fails, and so does a write that waits`, async () => {
    const rig = await opened();
    const { stream, socket, about } = rig;
    socket.deliver({ type: TYPE.data, ...about, payload: bytes(4) });
    socket.bufferedAmount = 10_000_000;
    const writer = stream.writable.getWriter();
    const written = writer.write(bytes(10));
    const failed = assert.rejects(written, (error) => error.party === "peer");
    await cut(rig);
    await failed;
    const reader = stream.readable.getReader();
    assert.deepEqual((await reader.read()).value, bytes(4));
    await assert.rejects(reader.read(), (error) => error.party === "peer");
    await assert.rejects(stream.closed, (error) => error.party === "peer");
    rig.connection.close();
  });
}

test("what follows a break of the protocol in the same WebSocket message is not taken", async () => {
  const { connection, socket, told } = await opened();
  socket.bytes(new Uint8Array(300_000));
  await settled();
  assert.deepEqual(told.errors.map(({ code }) => code), ["EmptyFrame"]);
  assert.deepEqual([connection.state, socket.closed.code], ["backoff", 1002]);
});

test("a destination gets the streams of its services, each once", async () => {
  const { connection, socket, stream } = await started({ services: ["SSH", "RDP"] });
  assert.equal(stream.service, "SSH");
  const rdp = connection.streams("RDP");
  const waiting = rdp.next();
  socket.deliver(
    { type: TYPE.connectionStart, streamId: 5, serviceId: "SSH", connectionId: 2 },
    { type: TYPE.streamStart, streamId: 6, serviceId: "RDP", connectionId: 1 },
  );
  assert.equal((await waiting).value.service, "RDP");
  assert.equal((await connection.streams("SSH").next()).value.service, "SSH");
  const [pending, given] = [rdp.next(), rdp.return()];
  assert.deepEqual([(await pending).done, (await given).done, (await rdp.next()).done], [true, true, true]);
  // A new stream of a service takes the place of the one before.
  const ended = drain(stream.readable);
  socket.deliver({ type: TYPE.streamStart, streamId: 7, serviceId: "SSH", connectionId: 1 });
  await assert.rejects(ended, { code: "ConnectionLost" });
  const last = connection.streams();
  assert.equal((await last.next()).done, false);
  connection.close();
  assert.equal((await last.next()).done, true);
});

test("what is no bytes is not written, says so, and ends the connection for the peer too", async () => {
  const { stream, socket, about } = await opened();
  await assert.rejects(stream.writable.getWriter().write("text"), TypeError);
  assert.deepEqual(socket.received().map(({ type, connectionId }) => [type, connectionId]), [[TYPE.connectionReset, about.connectionId]]);
  await assert.rejects(drain(stream.readable), TypeError);
  await stream.closed;
});

test("a write that the peer's end overtakes leaves what came", async () => {
  const { stream, socket, about } = await opened();
  socket.bufferedAmount = 10_000_000;
  const written = assert.rejects(stream.writable.getWriter().write(bytes(5)), { code: "ConnectionEnded" });
  await settled();
  socket.deliver({ type: TYPE.data, ...about, payload: bytes(5) }, { type: TYPE.connectionReset, ...about });
  await written;
  assert.deepEqual(await drain(stream.readable), Buffer.from(bytes(5)));
});

test("the example of an echo survives the peer's end", async () => {
  const { connection, socket, about } = await started();
  socket.deliver({ type: TYPE.connectionStart, ...about, connectionId: 2 });
  const source = readFileSync(new URL("../../wasm/dist/connection.d.ts", import.meta.url), "utf8");
  const [, example] = /\* (for await \(const stream of connection\.streams.*)/.exec(source);
  const unhandled = [];
  const hear = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", hear);
  const { constructor: AsyncFunction } = async () => {};
  const echoing = new AsyncFunction("connection", example)(connection);
  await settled();
  socket.received();
  socket.deliver({ type: TYPE.data, ...about, connectionId: 2, payload: bytes(5) });
  await settled();
  assert.deepEqual(socket.received().map(({ payload }) => [...payload]), [[...bytes(5)]]);
  socket.deliver({ type: TYPE.connectionReset, ...about, connectionId: 2 });
  await settled();
  connection.close();
  await echoing;
  process.off("unhandledRejection", hear);
  assert.deepEqual(unhandled, []);
});

test("a payload that comes in a message of its own is not copied once more, and no two share a buffer", async () => {
  const { stream, socket, about } = await opened({}, "browser");
  const reader = stream.readable.getReader();
  const { frame } = await import("./model.js");
  const message = (length) => frame({ type: TYPE.data, ...about, payload: bytes(length) });
  const [alone, packed] = [message(10_000), Buffer.concat([message(6000), message(10_000), message(5000)])];
  const received = [];
  for (const data of [alone, packed]) {
    const { buffer } = new Uint8Array(data);
    socket.emit("message", { data: buffer });
    received.push(buffer);
  }
  const chunks = [];
  for (const length of [10_000, 6000, 10_000, 5000]) {
    const { value } = await reader.read();
    assert.deepEqual(value, bytes(length));
    chunks.push(value);
  }
  assert.equal(chunks[0].buffer, received[0]);
  assert.equal(new Set(chunks.map(({ buffer }) => buffer)).size, 4);
  // Whoever gives one away keeps the others.
  structuredClone(chunks[0], { transfer: [chunks[0].buffer] });
  assert.deepEqual(chunks.slice(1), [bytes(6000), bytes(10_000), bytes(5000)]);
});

test("short payloads that wait are read together, long ones by themselves, and all in their order", async () => {
  for (const [lengths, expected] of [
    [[1], [1]],
    [[1, 2, 3], [6]],
    [[4096, 4097, 1, 2], [4096, 4097, 3]],
    [[60_000, 5, 60_000], [60_000, 5, 60_000]],
    // Not more than a long one has.
    [Array(40).fill(4000), [64_000, 64_000, 32_000]],
  ]) {
    const { stream, socket, about } = await opened();
    const payloads = lengths.map((length, at) => bytes(length, at));
    for (const payload of payloads) socket.deliver({ type: TYPE.data, ...about, payload });
    socket.deliver({ type: TYPE.connectionReset, ...about });
    const chunks = [];
    for await (const chunk of stream.readable) chunks.push(chunk);
    assert.deepEqual(chunks.map(({ length }) => length), expected);
    assert.deepEqual(Buffer.concat(chunks), Buffer.concat(payloads));
  }
});
