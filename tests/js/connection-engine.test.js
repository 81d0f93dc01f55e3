/** What the engine brings: its WebSocket, or its WebSocketStream, which is preferred because it can be stopped. */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { connect, drain, frame, messages, settled, TYPE, V3 } from "./model.js";

/** A WebSocketStream as Chromium has it. */
class ModelStream {
  static latest;

  constructor(url, { protocols }) {
    Object.assign(this, { url, protocols, sent: [] });
    this.opened = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.closed = new Promise((resolve, reject) => Object.assign(this, { end: resolve, fail: reject }));
    ModelStream.latest = this;
  }

  close({ closeCode }) {
    this.closeCode = closeCode;
  }

  // ---

  accept(protocol = V3) {
    const readable = new ReadableStream({ start: (reader) => void (this.reader = reader), pull: () => void (this.pulls = (this.pulls ?? 0) + 1) });
    this.room = Promise.resolve();
    const writable = new WritableStream({
      write: async (chunk) => {
        await this.room;
        this.sent.push(chunk);
      },
    });
    this.resolve({ readable, writable, protocol });
  }

  deliver(...messages) {
    for (const message of messages) this.reader.enqueue(frame(message));
  }
}

globalThis.WebSocketStream = ModelStream;
after(() => delete globalThis.WebSocketStream);

async function opened() {
  const rig = connect({ WebSocket: undefined }, "browser");
  const socket = ModelStream.latest;
  socket.accept();
  await settled();
  socket.deliver({ type: TYPE.serviceIds, availableServiceIds: ["SSH"] });
  await settled();
  assert.equal(rig.connection.state, "open");
  return { ...rig, socket };
}

test("bytes go both ways over a WebSocketStream", async () => {
  const { connection, socket } = await opened();
  assert.match(socket.url, /^wss:\/\/service\.example\/tunnel\?local-proxy-mode=source$/);
  const stream = await connection.open("SSH");
  const data = Uint8Array.from({ length: 200_000 }, (_, at) => at & 255);
  await stream.writable.getWriter().write(data);
  await settled();
  const [start, ...sent] = socket.sent.flatMap(messages);
  assert.deepEqual(Buffer.concat(sent.map(({ payload }) => payload)), Buffer.from(data));
  const { streamId, serviceId, connectionId } = start;
  socket.deliver({ type: TYPE.data, streamId, serviceId, connectionId, payload: data.slice(0, 60_000) }, { type: TYPE.connectionReset, streamId, serviceId, connectionId });
  assert.equal((await drain(stream.readable)).length, 60_000);
  connection.close();
  assert.equal(socket.closeCode, 1000);
});

test("a slow reader stops a WebSocketStream, so that no limit is reached", async () => {
  const { connection, socket } = await opened();
  const stream = await connection.open("SSH");
  await settled();
  const [{ streamId, serviceId, connectionId }] = socket.sent.flatMap(messages);
  const message = { type: TYPE.data, streamId, serviceId, connectionId, payload: new Uint8Array(60_000) };
  for (let sent = 0; sent < 300; sent += 1) socket.deliver(message);
  await settled();
  // What is not taken stays in the stream.
  assert.ok(socket.reader.desiredSize < -290, `${socket.reader.desiredSize}`);
  const reader = stream.readable.getReader();
  for (let read = 0; read < 300; read += 1) assert.equal((await reader.read()).value.length, 60_000);
  assert.equal(connection.state, "open");
});

test("a slow WebSocketStream slows the writer", async () => {
  const { connection, socket } = await opened();
  const stream = await connection.open("SSH");
  await settled();
  let go;
  socket.room = new Promise((resolve) => (go = resolve));
  const writer = stream.writable.getWriter();
  let done = 0;
  for (let writes = 0; writes < 4; writes += 1) void writer.write(new Uint8Array(1000)).then(() => (done += 1));
  await settled();
  assert.ok(done < 2, `${done}`);
  go();
  await settled();
  assert.equal(done, 4);
});

test("a drop is told though the reading is stopped", async () => {
  const { connection, socket } = await opened();
  const stream = await connection.open("SSH");
  await settled();
  const [{ streamId, serviceId, connectionId }] = socket.sent.flatMap(messages);
  for (let sent = 0; sent < 10; sent += 1) socket.deliver({ type: TYPE.data, streamId, serviceId, connectionId, payload: new Uint8Array(60_000) });
  await settled();
  assert.ok(socket.reader.desiredSize < 0, "it is not stopped");
  const unhandled = [];
  const hear = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", hear);
  socket.reader.error(new Error("dropped"));
  socket.fail(new Error("dropped"));
  await settled();
  process.off("unhandledRejection", hear);
  assert.deepEqual([connection.state, unhandled], ["backoff", []]);
  await assert.rejects(stream.closed, { code: "ConnectionLost" });
  connection.close();
});

test("its end, its failure and its refusal are told", async () => {
  const { connection, socket, told } = await opened();
  socket.reader.close();
  socket.end({ closeCode: 1001, reason: "going" });
  await settled();
  assert.match(told.errors[0].message, /1001: going/);
  assert.equal(connection.state, "backoff");
  connection.replaceToken("token-2");
  const failing = ModelStream.latest;
  failing.reject(new Error("no"));
  failing.fail(new Error("no"));
  await settled();
  assert.equal(connection.state, "backoff");
  connection.replaceToken("token-3");
  const refusing = ModelStream.latest;
  refusing.accept("iot-tunnel.refusal");
  // It carries nothing, so whatever it carries is nothing.
  refusing.deliver({ type: TYPE.serviceIds, availableServiceIds: ["SSH"] });
  refusing.reader.enqueue("hello");
  await settled();
  refusing.reader.close();
  refusing.end({ closeCode: 4400, reason: "The tunnel is closed" });
  await settled();
  assert.deepEqual([connection.state, told.tokens[0].error.code], ["awaiting-token", "TunnelClosed"]);
  connection.replaceToken("token-4");
  const text = ModelStream.latest;
  text.accept();
  await settled();
  text.reader.enqueue("hello");
  await settled();
  assert.deepEqual([text.closeCode, told.errors.at(-1).code], [4003, "TextFrame"]);
  connection.close();
});

test("without either there is no WebSocket", () => {
  const { WebSocket, WebSocketStream } = globalThis;
  delete globalThis.WebSocketStream;
  delete globalThis.WebSocket;
  try {
    assert.throws(() => connect({ WebSocket: undefined }, "browser"), { code: "NoWebSocket", number: 190 });
  } finally {
    Object.assign(globalThis, { WebSocketStream, ...(WebSocket && { WebSocket }) });
  }
});
