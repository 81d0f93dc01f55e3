/** Streams that a destination's peer starts: they wait for whoever takes them, but not at the cost of the connection. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { collect, connect, drain, settled, TYPE } from "./model.js";

const payload = new Uint8Array(60_000).fill(7);

/** A destination of two services, and the starts, bytes and ends of their streams. */
function destination(options, kind) {
  const rig = connect({ side: "destination", ...options }, kind);
  const socket = rig.open();
  const about = (service, connectionId) => ({ streamId: service === "SSH" ? 5 : 6, serviceId: service, connectionId });
  const begin = (service, id) => socket.deliver({ type: id === 1 ? TYPE.streamStart : TYPE.connectionStart, ...about(service, id) });
  const data = (service, id, bytes = payload) => socket.deliver({ type: TYPE.data, ...about(service, id), payload: bytes });
  const end = (service, id) => socket.deliver({ type: TYPE.connectionReset, ...about(service, id) });
  const resets = () => socket.received().map(({ type, serviceId, connectionId }) => (assert.equal(type, TYPE.connectionReset), [serviceId, connectionId]));
  return { ...rig, socket, begin, data, end, resets };
}

test("streams that ended before anybody took them are gone, but for those with something to read", async () => {
  const { connection, begin, data, end } = destination();
  begin("RDP", 1);
  for (let id = 2; id < 500; id += 1) {
    begin("RDP", id);
    if (id === 250) data("RDP", id);
    end("RDP", id);
  }
  connection.close();
  const left = [];
  for await (const stream of connection.streams("RDP")) left.push(stream);
  assert.equal(left.length, 1);
  assert.deepEqual(await drain(left[0].readable), Buffer.from(payload));
});

test("as many streams of a service wait as a server lets wait, and the rest are reset", async () => {
  const { connection, begin, resets } = destination();
  for (let id = 1; id <= 200; id += 1) begin("RDP", id);
  begin("SSH", 1);
  assert.deepEqual(resets(), Array.from({ length: 72 }, (_, at) => ["RDP", 129 + at]));
  const taken = connection.streams("RDP");
  for (let streams = 0; streams < 128; streams += 1) assert.equal((await taken.next()).value.service, "RDP");
  begin("RDP", 300);
  assert.equal((await taken.next()).value.service, "RDP");
  assert.equal((await connection.streams().next()).value.service, "SSH");
  assert.deepEqual(resets(), []);
});

test("a stream that nobody has taken does not stop the others", async () => {
  const { connection, clock, socket, begin, data, resets } = destination();
  begin("SSH", 1);
  const { value: taken } = await connection.streams("SSH").next();
  begin("RDP", 1);
  for (let sent = 0; sent < 5; sent += 1) data("RDP", 1);
  await clock.advance(1000);
  assert.deepEqual([socket.paused, resets()], [false, [["RDP", 1]]]);
  const { value: late } = await Promise.race([connection.streams("RDP").next(), settled().then(() => ({}))]);
  assert.equal(late, undefined);
  // One that is taken and not read does.
  for (let sent = 0; sent < 5; sent += 1) data("SSH", 1);
  assert.ok(socket.paused);
  await taken.readable.cancel();
  assert.ok(!socket.paused);
});

test("a stream that has ended and that nobody takes does not stop the others for its bytes", async () => {
  const { connection, socket, begin, data, end } = destination({ receiveLimit: 150_000 });
  begin("SSH", 1);
  const { value: taken } = await connection.streams("SSH").next();
  for (let id = 1; id <= 5; id += 1) {
    begin("RDP", id);
    data("RDP", id);
    end("RDP", id);
  }
  assert.ok(!socket.paused);
  data("SSH", 1);
  const { value } = await taken.readable.getReader().read();
  assert.deepEqual([value.length, socket.paused], [60_000, false]);
  // What the limit leaves room for is still there.
  const { value: last } = await connection.streams("RDP").next();
  assert.equal((await drain(last.readable)).length, 60_000);
  connection.close();
});

test("whoever takes streams does not keep them", async () => {
  const { connection, begin, end } = destination();
  const streams = connection.streams("SSH");
  const references = [];
  for (let id = 1; id <= 50; id += 1) {
    const next = streams.next();
    begin("SSH", id);
    references.push(new WeakRef((await next).value));
    end("SSH", id);
  }
  const alive = () => references.filter((reference) => reference.deref() !== undefined).length;
  await collect(() => alive() <= 2);
  assert.ok(alive() <= 2, `${alive()} of 50 are alive`);
  await streams.return();
});
