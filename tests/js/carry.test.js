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
async function rig(t) {
  const { application, socket } = await sockets(t);
  const written = [];
  const stream = { reset: (reason) => void (stream.wasReset = reason ?? true) };
  stream.closed = new Promise((resolve) => (stream.settle = resolve));
  stream.readable = new ReadableStream({ start: (reader) => void (stream.reader = reader) });
  stream.writable = new WritableStream({
    start: (writer) => void (stream.writer = writer),
    write: (chunk) => void written.push(chunk),
    close: () => void (stream.wasClosed = true),
  });
  return { application, socket, stream, written, carried: carry(socket, stream) };
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
  assert.ok(stream.wasClosed);
});

test("a connection that is cut gives the application what came, and an orderly end", async (t) => {
  const { application, stream, carried } = await rig(t);
  const bytes = randomBytes(1_000_000);
  for (let at = 0; at < bytes.length; at += 50_000) stream.reader.enqueue(bytes.subarray(at, at + 50_000));
  const got = read(application, bytes.length);
  assert.ok((await got).equals(bytes));
  const ended = once(application, "end", { signal: AbortSignal.timeout(SOON) });
  application.resume();
  stream.reader.error(new Error("cut"));
  stream.writer.error(new Error("cut"));
  stream.settle();
  await ended;
  // What it still says is thrown away until it ends.
  application.end(randomBytes(1_000_000));
  await carried;
});

test("an application that ends its side after the tunnel's end gets the rest of what came", async (t) => {
  const { application, socket } = await sockets(t);
  const tunnel = await started();
  const carried = carry(socket, tunnel.stream);
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
