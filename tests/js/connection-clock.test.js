/** A clock of the caller's that fails, or goes back, stops no connection: it is as late as it was. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, ModelClock, settled } from "./model.js";

/** Milliseconds from ping to ping, and from a ping to the end of who does not answer (data-plane.md §2). */
const [PING_INTERVAL, PONG_TIMEOUT] = [20_000, 30_000];

for (const [what, fail] of [
  ["throws", () => { throw new Error("no time"); }],
  ["gives no number", () => undefined],
  ["gives a BigInt", () => 5n],
  ["gives NaN", () => NaN],
  ["gives Infinity", () => Infinity],
  ["goes back", () => -1_000_000],
  ["calls the connection", ({ connection }) => connection.close()],
]) {
  test(`a clock that ${what}`, async () => {
    const clock = new ModelClock();
    let [fails, failed] = [false, 0];
    const given = {
      now() {
        if (!fails) return clock.now();
        failed += 1;
        return fail(rig);
      },
      setTimeout: (callback, milliseconds) => clock.setTimeout(callback, milliseconds),
      clearTimeout: (timer) => clock.clearTimeout(timer),
    };
    const rig = connect({ clock: given });
    const socket = rig.open();
    await clock.advance(PING_INTERVAL);
    assert.equal(socket.pings.length, 1);
    // Only one that has answered before is taken for silent later.
    socket.pong();
    await clock.advance(PING_INTERVAL);
    assert.equal(socket.pings.length, 2);
    fails = true;
    socket.heartbeat();
    socket.announce("SSH");
    fails = false;
    await settled();
    assert.ok(failed > 0, "it was asked meanwhile");
    // What came at no time came at the latest that was known.
    assert.deepEqual([rig.connection.state, rig.told.errors], ["open", []]);
    await clock.advance(PONG_TIMEOUT - 1);
    assert.equal(rig.connection.state, "open");
    await clock.advance(1);
    // The first attempt after a drop is made at once.
    await settled();
    assert.deepEqual(rig.told.states.slice(3, 5), ["backoff", "connecting"]);
    rig.connection.close();
    assert.equal(rig.connection.state, "closed");
  });
}

test("a clock may count from any moment, also one to come", async () => {
  const clock = new ModelClock();
  const rig = connect({
    clock: {
      now: () => clock.now() - 1_000_000,
      setTimeout: (callback, milliseconds) => clock.setTimeout(callback, milliseconds),
      clearTimeout: (timer) => clock.clearTimeout(timer),
    },
  });
  const socket = rig.open();
  await clock.advance(PING_INTERVAL);
  assert.deepEqual([rig.connection.state, socket.pings.length], ["open", 1]);
});
