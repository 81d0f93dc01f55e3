/** A stream whose reader takes nothing does not hold up the others for longer than `stallLimit`, and its reader is told. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, drain, settled, started, TYPE } from "./model.js";

const payload = new Uint8Array(60_000).fill(7);
const STALL_LIMIT = 10_000;

/** A source with two streams, the first of which nobody reads until its peer is stopped. */
async function stalled(options = {}) {
  const rig = connect(options);
  const socket = rig.open();
  const unread = await rig.connection.open("SSH");
  const other = await rig.connection.open("RDP");
  const [about, otherAbout] = socket.received().map(({ streamId, serviceId, connectionId }) => ({ streamId, serviceId, connectionId }));
  const fill = () => {
    while (!socket.paused) socket.deliver({ type: TYPE.data, ...about, payload });
  };
  fill();
  return { ...rig, socket, unread, other, about, otherAbout, fill };
}

for (const [what, use] of [
  ["written to", ({ other }) => other.writable.getWriter().write(Uint8Array.of(1))],
  ["opened", ({ connection }) => connection.open("RDP")],
]) {
  test(`a source resets the stalled stream alone, after another one was ${what}`, async () => {
    const rig = await stalled();
    await use(rig);
    await rig.clock.advance(STALL_LIMIT - 1);
    assert.equal(rig.socket.paused, true);
    rig.socket.received();
    await rig.clock.advance(1);
    assert.equal(rig.socket.paused, false);
    const failure = { code: "ReceiveLimitExceeded", message: "a stream of SSH was reset: its reader took nothing for 10 s while others waited" };
    await assert.rejects(drain(rig.unread.readable), failure);
    await assert.rejects(rig.unread.closed, failure);
    assert.deepEqual(rig.socket.received().map(({ type, serviceId }) => [type, serviceId]), [[TYPE.connectionReset, "SSH"]]);
    await settled();
    assert.equal(rig.told.errors[0].message, failure.message);
    rig.socket.deliver({ type: TYPE.data, ...rig.otherAbout, payload });
    assert.equal((await rig.other.readable.getReader().read()).value.length, payload.length);
    assert.equal(rig.connection.state, "open");
  });
}

test("the time that has passed counts when another stream is used later", async () => {
  const rig = await stalled();
  await rig.clock.advance(STALL_LIMIT * 6);
  assert.equal(rig.socket.paused, true);
  await rig.other.writable.getWriter().write(Uint8Array.of(1));
  assert.equal(rig.socket.paused, false);
  await assert.rejects(rig.unread.closed, { code: "ReceiveLimitExceeded" });
});

test("a stream that holds up no other waits for as long as its reader likes, also while it is written to", async () => {
  const rig = await stalled();
  rig.other.reset();
  await rig.unread.writable.getWriter().write(Uint8Array.of(1));
  await rig.clock.advance(STALL_LIMIT * 60);
  assert.deepEqual([rig.socket.paused, rig.connection.state], [true, "open"]);
  const { value } = await rig.unread.readable.getReader().read();
  assert.equal(value.length, payload.length);
});

test("a reader that is slow and takes something within the limit keeps its stream", async () => {
  const rig = await stalled();
  const reader = rig.unread.readable.getReader();
  for (let round = 0; round < 20; round += 1) {
    await rig.connection.open("RDP");
    await rig.clock.advance(STALL_LIMIT - 1);
    assert.equal((await reader.read()).value.length, payload.length);
    rig.fill();
  }
  assert.equal(rig.connection.state, "open");
});

test("a destination resets the stalled stream where another one is open", async () => {
  const { clock, socket, stream, about, connection } = await started();
  socket.deliver({ type: TYPE.connectionStart, ...about, connectionId: 2 });
  const { value: other } = await connection.streams().next();
  while (!socket.paused) socket.deliver({ type: TYPE.data, ...about, payload });
  await clock.advance(STALL_LIMIT);
  assert.equal(socket.paused, false);
  await assert.rejects(stream.closed, { code: "ReceiveLimitExceeded" });
  assert.equal(other.over, undefined);
});

test("stallLimit is another time, or 0 for any", async () => {
  const quick = await stalled({ stallLimit: 500 });
  await quick.connection.open("RDP");
  await quick.clock.advance(500);
  await assert.rejects(quick.unread.closed, { code: "ReceiveLimitExceeded" });
  const patient = await stalled({ stallLimit: 0 });
  await patient.connection.open("RDP");
  await patient.clock.advance(STALL_LIMIT * 60);
  assert.equal(patient.socket.paused, true);
  for (const stallLimit of [-1, 1.5, NaN, 2 ** 31]) assert.throws(() => connect({ stallLimit }), RangeError, `${stallLimit}`);
});

test("an opening that was aborted in the moment of its success leaves no stream behind", async () => {
  const rig = connect();
  const socket = rig.open();
  const abort = new AbortController();
  const opening = rig.connection.open("SSH", { signal: abort.signal });
  abort.abort(new Error("too late"));
  await assert.rejects(opening, { message: "too late" });
  const types = socket.received().map(({ type }) => type);
  assert.ok(types.length === 0 || types.at(-1) === TYPE.connectionReset, `${types}`);
});
