/**
 * How fast a destination takes DATA, by the package's own API over a WebSocket that has the messages already: `decoded` from
 * the WebSocket's event until the bytes wait in the stream, `read` until the application has them. Beside it the same bytes
 * copied once.
 */

import { TunnelConnection, init } from "../../../wasm/dist/index.js";
import { encodeMessage, init as initLocal } from "../../../wasm/dist/local.js";

const [DATA, STREAM_START, SERVICE_IDS] = [1, 2, 5];
const STREAM = { streamId: 1, serviceId: "SSH", connectionId: 1 };
/** Most of the bytes that a connection lets wait, its own cost of a chunk included. */
const [ROOM, CHUNK_COST] = [6 * 1024 * 1024, 512];
/** The engine compiles what runs often better while it runs: in the first rounds it does. */
const [WARMING, ROUNDS] = [10, 31];

/** Bytes of payload in a message of the tunnel, and bytes of a WebSocket message: by default it has one of the tunnel's. */
const CASES = [
  { name: "64 bytes", payload: 64 },
  { name: "1 KiB", payload: 1024 },
  { name: "1 KiB, packed", payload: 1024, packed: 131_076 },
  { name: "16 KiB", payload: 16 * 1024 },
  { name: "63 KiB", payload: 64_512 },
  { name: "63 KiB, cut anywhere", payload: 64_512, packed: 100_000 },
];

class Socket {
  static latest;
  binaryType = "arraybuffer";
  bufferedAmount = 0;
  protocol = "aws.iot.securetunneling-3.0";
  #listeners = {};

  constructor() {
    Socket.latest = this;
  }

  addEventListener(type, listener) {
    this.#listeners[type] = listener;
  }

  emit(type, event) {
    this.#listeners[type](event);
  }

  send() {}
  close() {}
}

function frame(message) {
  const bytes = encodeMessage({ ...STREAM, ...message });
  return Uint8Array.of(bytes.length >> 8, bytes.length & 255, ...bytes);
}

/** The WebSocket's messages, with the count of payloads in them. */
function batch({ payload, packed }) {
  const count = Math.floor(ROOM / (payload + CHUNK_COST));
  const one = frame({ type: DATA, payload: new Uint8Array(payload).fill(7) });
  const all = new Uint8Array(count * one.length);
  for (let n = 0; n < count; n += 1) all.set(one, n * one.length);
  const messages = [];
  for (let at = 0; at < all.length; at += packed ?? one.length) messages.push(all.slice(at, at + (packed ?? one.length)).buffer);
  return { messages, bytes: count * payload };
}

/** MB/s of the median of some times in milliseconds. */
function rate(bytes, times) {
  times.sort((a, b) => a - b);
  return bytes / times[times.length >> 1] / 1000;
}

async function run(wanted) {
  const { messages, bytes } = batch(wanted);
  const connection = new TunnelConnection({
    url: "wss://service.example",
    side: "destination",
    services: ["SSH"],
    accessToken: "token",
    WebSocket: Socket,
  });
  const socket = Socket.latest;
  socket.emit("open");
  socket.emit("message", { data: frame({ type: SERVICE_IDS, streamId: 0, serviceId: "", connectionId: 0, availableServiceIds: ["SSH"] }).buffer });
  socket.emit("message", { data: frame({ type: STREAM_START }).buffer });
  const { value: stream } = await connection.streams().next();
  const reader = stream.readable.getReader();
  const target = new Uint8Array(Math.max(...messages.map((message) => message.byteLength)));
  const [decoded, read, copied] = [[], [], []];
  for (let round = -WARMING; round < ROUNDS; round += 1) {
    if (round === 0) for (const times of [decoded, read, copied]) times.length = 0;
    const begin = performance.now();
    for (const data of messages) socket.emit("message", { data });
    decoded.push(performance.now() - begin);
    for (let left = bytes; left > 0; ) left -= (await reader.read()).value.length;
    read.push(performance.now() - begin);
    const copying = performance.now();
    for (const data of messages) target.set(new Uint8Array(data));
    copied.push(performance.now() - copying);
  }
  connection.close();
  return { name: wanted.name, decoded: rate(bytes, decoded), read: rate(bytes, read), memcpy: rate(bytes, copied) };
}

globalThis.measure = async () => {
  await Promise.all([init(), initLocal()]);
  const found = [];
  for (const wanted of CASES) found.push(await run(wanted));
  return found;
};
