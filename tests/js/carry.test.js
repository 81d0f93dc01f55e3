/** Bytes between a socket and a stream, where one side has ended before the other is done. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import { carry } from "../../wasm/dist/node/carry.js";
import { TYPE, settled, started } from "./model.js";
import { SOON, read, tcp, until } from "./programs.js";

/** An application, and the socket at which it is. */
async function sockets(t) {
  const server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const accepted = once(server, "connection");
  const application = await tcp(server.address().port);
  const [socket] = await accepted;
  t.after(() => (server.close(), application.destroy(), socket.destroy()));
  return { application, socket };
}

/** A stream whose peer the test is, and an application at the socket that it is carried to. */
async function rig(t, options = {}) {
  const carrying = { side: "source", halfCloseSilence: SOON, halfClosed: new Set(), ...options };
  const { application, socket } = await sockets(t);
  const written = [];
  const stream = { reset: (reason) => void (stream.wasReset = reason ?? true) };
  stream.closed = new Promise((resolve, reject) => Object.assign(stream, { settle: resolve, cut: reject }));
  stream.readable = new ReadableStream({ start: (reader) => void (stream.reader = reader) });
  stream.writable = new WritableStream({
    start: (writer) => void (stream.writer = writer),
    write: (chunk) => void written.push(chunk),
    close: () => void (stream.wasClosed = true),
  });
  return { application, socket, stream, written, ...carrying, carried: carry(socket, stream, carrying) };
}

test("an application that has ended its side gets everything that came, then the end", async (t) => {
  const { application, stream, carried } = await rig(t);
  application.end("request");
  await once(application, "finish");
  const bytes = randomBytes(5_000_000);
  for (let at = 0; at < bytes.length; at += 50_000) stream.reader.enqueue(bytes.subarray(at, at + 50_000));
  stream.reader.close();
  stream.settle();
  assert.ok((await read(application, Infinity)).equals(bytes));
  await carried;
});

for (const isReading of [true, false]) {
  test(`a connection that is cut is reset, so that a part is not taken for the whole (${isReading ? "reading" : "stalled"})`, async (t) => {
    const { application, stream, carried } = await rig(t);
    let hasEnded = false;
    application.on("end", () => (hasEnded = true));
    const failed = once(application, "error", { signal: AbortSignal.timeout(SOON) });
    const bytes = randomBytes(isReading ? 1_000_000 : 50_000_000);
    for (let at = 0; at < bytes.length; at += 50_000) stream.reader.enqueue(bytes.subarray(at, at + 50_000));
    if (isReading) assert.equal((await read(application, bytes.length)).length, bytes.length);
    application.resume();
    const cut = new Error("cut");
    stream.reader.error(cut);
    stream.writer.error(cut);
    stream.cut(cut);
    assert.equal((await failed)[0].code, "ECONNRESET");
    assert.equal(hasEnded, false);
    await carried;
  });
}

test("a connection that the peer has ended gives the application an orderly end, and what it still sends is thrown away", async (t) => {
  const { application, stream, carried } = await rig(t);
  const ended = once(application, "end", { signal: AbortSignal.timeout(SOON) });
  application.resume();
  stream.reader.close();
  stream.writer.error(new Error("over"));
  stream.settle();
  await ended;
  application.end(randomBytes(1_000_000));
  await carried;
});

/** Whether the connection in the tunnel is ended within a while that is long for a machine and short for its silence. */
async function endsSoon({ stream }) {
  return until(() => stream.wasClosed, "the end", 300).catch(() => false);
}

test("after a client's end its answer is awaited, and a silence of the other side ends both directions", async (t) => {
  const it = await rig(t, { halfCloseSilence: 1000 });
  it.application.end("request");
  await until(() => it.written.length > 0, "the request");
  assert.equal(await endsSoon(it), false);
  assert.equal(it.halfClosed.size, 1);
  it.stream.reader.enqueue(Buffer.from("answer"));
  assert.equal((await read(it.application, 6)).toString(), "answer");
  // The silence counts from the latest byte.
  assert.equal(await endsSoon(it), false);
  await until(() => it.stream.wasClosed, "the end after the silence");
  assert.equal(it.halfClosed.size, 0);
});

test("a server that has answered and ends its side is done; one that has not may still read", async (t) => {
  const answered = await rig(t, { side: "destination" });
  answered.stream.reader.enqueue(Buffer.from("request"));
  await read(answered.application, 7);
  answered.application.end("answer");
  await until(() => answered.stream.wasClosed, "the end");
  const first = await rig(t, { side: "destination" });
  first.application.end("220 I speak first");
  await until(() => first.stream.wasClosed, "the end of a server that speaks first");
  // As `nc -l -N > file </dev/null`: the end before a byte of 5 MB has come.
  const receiver = await rig(t, { side: "destination", halfCloseSilence: 1000 });
  receiver.application.end();
  await until(() => receiver.socket.readableEnded, "the receiver's end");
  const bytes = randomBytes(5_000_000);
  for (let at = 0; at < bytes.length; at += 50_000) receiver.stream.reader.enqueue(bytes.subarray(at, at + 50_000));
  assert.ok((await read(receiver.application, bytes.length)).equals(bytes));
  await until(() => receiver.stream.wasClosed, "the end after the silence");
});

test("an application that is slow to take the answer is no silence of the other side", async (t) => {
  const it = await rig(t, { halfCloseSilence: 200 });
  it.application.end("request");
  const bytes = randomBytes(50_000_000);
  for (let at = 0; at < bytes.length; at += 50_000) it.stream.reader.enqueue(bytes.subarray(at, at + 50_000));
  await until(() => it.socket.writableNeedDrain, "the full socket");
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(it.stream.wasClosed, undefined);
  assert.equal((await read(it.application, bytes.length)).length, bytes.length);
  await until(() => it.stream.wasClosed, "the end after the silence");
});

test("a write that fails ends both directions at once, also after the application's end", async (t) => {
  const it = await rig(t);
  it.application.end("request");
  await until(() => it.written.length > 0, "the request");
  await until(() => it.socket.readableEnded, "the application's end");
  it.application.resetAndDestroy();
  it.stream.reader.enqueue(randomBytes(1000));
  await until(() => it.stream.wasReset, "the reset");
});

test("an application that ends its side after the tunnel's end gets the rest of what came", async (t) => {
  const { application, socket } = await sockets(t);
  const tunnel = await started();
  const carried = carry(socket, tunnel.stream, { side: "destination", halfCloseSilence: SOON, halfClosed: new Set() });
  const payload = randomBytes(60_000);
  // Until the socket is full, and then the stream.
  let sent = 0;
  for (; !tunnel.socket.paused; sent += payload.length) {
    tunnel.socket.deliver({ type: TYPE.data, ...tunnel.about, payload });
    await settled();
  }
  tunnel.socket.deliver({ type: TYPE.connectionReset, ...tunnel.about });
  application.end("goodbye");
  await once(socket, "end", { signal: AbortSignal.timeout(SOON) });
  await settled();
  assert.equal((await read(application, Infinity)).length, sent);
  await carried;
});

test("an application that breaks off resets the connection", async (t) => {
  const { application, stream, written, carried } = await rig(t);
  application.write("x");
  await until(() => written.length > 0, "the byte");
  application.resetAndDestroy();
  await until(() => stream.wasReset, "the reset");
  assert.equal(stream.wasReset.code, "ECONNRESET");
  stream.reader.error(stream.wasReset);
  await carried;
});
