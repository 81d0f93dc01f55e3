/** How soon a connection is made again: at once after a drop, soon for a person, and never sooner than the service wants. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, settled } from "./model.js";

const SECOND = 1000;
/** Rounds of a draw: full jitter hides a ceiling for a while. */
const ROUNDS = 300;

/** The wait before the next attempt, in milliseconds, and the attempt. */
async function waited({ clock, sockets }) {
  const [attempts, before] = [sockets.length, clock.now()];
  while (sockets.length === attempts) await clock.alarm();
  return clock.now() - before;
}

/** Has a connection prove usable. */
async function prove(rig) {
  rig.open();
  await rig.clock.advance(20 * SECOND);
  rig.socket.pong();
}

for (const kind of ["node", "browser"]) {
  test(`the first attempt after a drop is made at once (${kind})`, async () => {
    const rig = connect({}, kind);
    rig.open();
    for (let drops = 0; drops < 5; drops += 1) {
      await rig.clock.advance(60 * SECOND);
      if (kind === "node") rig.socket.pong();
      rig.socket.drop();
      assert.equal(await waited(rig), 0);
      rig.open();
    }
  });
}

for (const [side, given, ceiling] of [
  ["source", undefined, 5 * SECOND],
  ["destination", undefined, 120 * SECOND],
  ["source", 120 * SECOND, 120 * SECOND],
  ["destination", 2 * SECOND, 2 * SECOND],
  ["source", 0, 0],
]) {
  test(`a ${side} that cannot connect waits ${ceiling / SECOND} s at most${given === undefined ? "" : ", as it was told"}`, async () => {
    const rig = connect({ side, services: ["SSH"], ...(given !== undefined && { maxBackoff: given }) });
    let longest = 0;
    for (let failure = 0; failure < ROUNDS; failure += 1) {
      rig.socket.drop();
      longest = Math.max(longest, await waited(rig));
    }
    assert.ok(longest <= ceiling && longest >= ceiling * 0.9, `${longest} ms`);
    rig.connection.close();
  });
}

for (const status of [408, 429, 500, 503]) {
  test(`an answer of ${status} keeps the token, and is heeded: up to 120 s, after its Retry-After`, async () => {
    const rig = connect();
    rig.socket.refuse(status, "later", { "retry-after": "7" });
    await settled();
    assert.equal(rig.connection.state, "backoff");
    const [error] = rig.told.errors;
    assert.deepEqual([error.code, error.status, error.retryAfter], ["HandshakeRefused", status, 7]);
    assert.ok((await waited(rig)) >= 7 * SECOND);
    let longest = 0;
    for (let failure = 0; failure < ROUNDS; failure += 1) {
      rig.socket.refuse(status, "later");
      longest = Math.max(longest, await waited(rig));
    }
    assert.ok(longest > 60 * SECOND && longest <= 120 * SECOND, `${longest} ms`);
    rig.connection.close();
  });
}

test("a Retry-After that is no number of seconds is none, and one of a year is not waited for", async () => {
  for (const [value, least, most] of [
    ["Wed, 02 Dec 2026 07:28:00 GMT", 0, SECOND],
    ["-5", 0, SECOND],
    ["31536000", 600 * SECOND, 601 * SECOND],
  ]) {
    const rig = connect();
    rig.socket.refuse(503, "later", { "retry-after": value });
    const wait = await waited(rig);
    assert.ok(wait >= least && wait <= most, `${value}: ${wait} ms`);
    rig.connection.close();
  }
});

test("connections that are lost again and again before they were of use are called contested", async () => {
  const rig = connect();
  const contested = [];
  rig.connection.addEventListener("statechange", ({ state, isContested }) => state === "backoff" && contested.push(isContested));
  for (let drops = 0; drops < 6; drops += 1) {
    rig.open();
    rig.socket.drop();
    await waited(rig);
  }
  assert.deepEqual(contested, [false, false, false, true, true, true]);
  await prove(rig);
  rig.socket.drop();
  await settled();
  assert.equal(contested.at(-1), false);
  rig.connection.close();
});

test("what could never connect says so, and does not call itself lost", async () => {
  for (const [kind, expected] of [
    ["node", "could not connect: certificate has expired"],
    ["browser", "could not connect"],
  ]) {
    const rig = connect({}, kind);
    if (kind === "node") rig.socket.emit("error", { message: "certificate has expired" });
    rig.socket.drop();
    await settled();
    assert.deepEqual([rig.told.errors[0].code, rig.told.errors[0].message], ["ConnectionLost", expected]);
    rig.connection.close();
  }
  const silent = connect();
  await silent.clock.advance(30 * SECOND);
  assert.equal(silent.told.errors[0].message, "could not connect: the handshake was not answered within 30 s");
  silent.connection.close();
});

test("a ceiling that cannot be is refused", () => {
  for (const maxBackoff of [-1, 0.5, 120_001, NaN]) assert.throws(() => connect({ maxBackoff }), RangeError, `${maxBackoff}`);
});
