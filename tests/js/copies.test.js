/**
 * A payload is copied at most once into the memory of the WebAssembly and at most once out of it, and nowhere else: not in
 * JavaScript, and not within that memory. But for two: short payloads that wait, and frames that come in parts.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { memory } from "../../wasm/dist/connection-module.js";
import * as tunnel from "../../wasm/dist/index.js";
import { counted } from "./copies/counted.js";
import { ENDS } from "./copies/ends.js";
import { instrumented, written } from "./copies/instrumented.js";

await tunnel.initFrom(instrumented());
// It loads the WebAssembly too, unless that has been done.
const { TYPE, frame, settled } = await import("./model.js");

const MESSAGES = 10;
const LENGTH = 60_000;
const PAYLOAD = MESSAGES * LENGTH;
/** Most bytes of a frame around its payload: the message's other fields, and the frame's length. */
const MAX_ENVELOPE = 64;
/** Most bytes that the WebAssembly writes for a message whatever its length: what it knows of it, and its stack. */
const MAX_STORES = 2_000;

const bytes = (length, from = 0) => Uint8Array.from({ length }, (_, at) => (at * 7 + from) & 255);
const sum = (list) => list.reduce((total, chunk) => chunk.reduce((part, byte) => part + byte, total), 0);

/** A connection that is open, with one stream. */
async function rig(t, { End, options }) {
  const connection = new tunnel.TunnelConnection({ url: "wss://service.example", side: "destination", services: ["SSH"], accessToken: "token", ...options });
  t.after(() => connection.close());
  const end = End.latest;
  end.open();
  await settled();
  end.deliver(frame({ type: TYPE.serviceIds, availableServiceIds: ["SSH"] }));
  const about = { streamId: 5, serviceId: "SSH", connectionId: 1 };
  end.deliver(frame({ type: TYPE.streamStart, ...about }));
  const { value: stream } = await connection.streams().next();
  return { end, stream, about };
}

/** Does the work, and says what was copied by JavaScript and what was written by the WebAssembly. */
async function copies(work) {
  written.bytes = 0;
  const copied = await counted(() => memory(0, 0).buffer, work);
  return { ...copied, written: written.bytes };
}

function between(value, least, most, what) {
  assert.ok(least <= value && value <= most, `${what}: ${value} bytes, not ${least} to ${most}`);
}

for (const [name, kind] of Object.entries(ENDS)) {
  test(`received over ${name}: once in, at most once out`, async (t) => {
    const { end, stream, about } = await rig(t, kind);
    const payloads = Array.from({ length: MESSAGES }, (_, n) => bytes(LENGTH, n));
    const frames = payloads.map((payload) => frame({ type: TYPE.data, ...about, payload }));
    const reader = stream.readable.getReader();
    const chunks = [];
    const found = await copies(async () => {
      for (const one of frames) {
        end.deliver(one);
        chunks.push((await reader.read()).value);
      }
    });
    console.log(`copies: ${PAYLOAD} bytes received over ${name}:`, found);
    assert.equal(sum(chunks), sum(payloads));
    between(found.in, PAYLOAD, PAYLOAD + MESSAGES * MAX_ENVELOPE, "copied in");
    // Not even once, where the WebSocket's message itself is handed on.
    const handedOn = chunks.filter(({ buffer }, n) => buffer === frames[n].buffer);
    assert.equal(found.out, PAYLOAD - handedOn.length * LENGTH);
    assert.equal(found.beside, 0);
    between(found.written, 1, MESSAGES * MAX_STORES, "written within");
  });

  test(`sent over ${name}: once in, once out`, async (t) => {
    const { end, stream } = await rig(t, kind);
    const payloads = Array.from({ length: MESSAGES }, (_, n) => bytes(LENGTH, n));
    const writer = stream.writable.getWriter();
    const before = end.sent;
    const found = await copies(async () => {
      for (const payload of payloads) await writer.write(payload);
      await settled();
    });
    console.log(`copies: ${PAYLOAD} bytes sent over ${name}:`, found);
    assert.equal(found.in, PAYLOAD);
    // What does not keep what it is given, is given the memory itself.
    if (kind.keeps) between(found.out, PAYLOAD, PAYLOAD + MESSAGES * MAX_ENVELOPE, "copied out");
    else assert.equal(found.out, 0);
    assert.equal(found.beside, 0);
    between(found.written, 1, MESSAGES * MAX_STORES, "written within");
    between(end.sent - before, PAYLOAD, PAYLOAD + MESSAGES * MAX_ENVELOPE, "sent");
    between(end.sum - sum(payloads), 1, 256 * MAX_ENVELOPE * (MESSAGES + 1), "the sum of what is around the payloads");
  });
}

test("many frames in one WebSocket message: once in, once out, each for itself", async (t) => {
  const { end, stream, about } = await rig(t, ENDS["a browser's WebSocket"]);
  const payloads = Array.from({ length: MESSAGES }, (_, n) => bytes(LENGTH / MESSAGES, n));
  const message = Uint8Array.from(payloads.flatMap((payload) => [...frame({ type: TYPE.data, ...about, payload })]));
  const reader = stream.readable.getReader();
  const chunks = [];
  const found = await copies(async () => {
    end.deliver(message);
    while (chunks.length < MESSAGES) chunks.push((await reader.read()).value);
  });
  console.log(`copies: ${LENGTH} bytes received in ${MESSAGES} frames of one message:`, found);
  assert.deepEqual(chunks, payloads);
  assert.equal(found.in, message.length);
  assert.equal(found.out, LENGTH);
  assert.equal(found.beside, 0);
  between(found.written, 1, MESSAGES * MAX_STORES, "written within");
});

test("short payloads: one alone stays where it came, those that wait are put together, once", async (t) => {
  const { end, stream, about } = await rig(t, ENDS["a browser's WebSocket"]);
  const frames = Array.from({ length: 1 + MESSAGES }, (_, n) => frame({ type: TYPE.data, ...about, payload: bytes(1000, n) }));
  const reader = stream.readable.getReader();
  const read = async () => (await reader.read()).value;
  let alone;
  const one = await copies(async () => {
    end.deliver(frames[0]);
    alone = await read();
  });
  assert.deepEqual([one.out, one.beside, alone.buffer], [0, 0, frames[0].buffer]);
  let together;
  const many = await copies(async () => {
    for (const one of frames.slice(1)) end.deliver(one);
    together = await read();
  });
  console.log(`copies: ${MESSAGES * 1000} bytes received in ${MESSAGES} messages, read at once:`, many);
  assert.deepEqual([many.out, many.beside], [0, MESSAGES * 1000]);
  assert.deepEqual([...together], Array.from({ length: MESSAGES }, (_, n) => [...bytes(1000, n + 1)]).flat());
  assert.ok(frames.every(({ buffer }) => buffer !== together.buffer));
});

test("a frame that comes in two WebSocket messages is put together within the memory, once", async (t) => {
  const { end, stream, about } = await rig(t, ENDS["a browser's WebSocket"]);
  const payload = bytes(LENGTH);
  const whole = frame({ type: TYPE.data, ...about, payload });
  const parts = [whole.slice(0, 10_000), whole.slice(10_000)];
  const reader = stream.readable.getReader();
  let chunk;
  const found = await copies(async () => {
    for (const part of parts) end.deliver(part);
    chunk = (await reader.read()).value;
  });
  console.log(`copies: ${LENGTH} bytes received in two parts:`, found);
  assert.deepEqual(chunk, payload);
  between(found.in, LENGTH, LENGTH + MAX_ENVELOPE, "copied in");
  between(found.out, 0, LENGTH, "copied out");
  assert.equal(found.beside, 0);
  between(found.written, LENGTH, LENGTH + 2 * MAX_STORES, "written within");
});
