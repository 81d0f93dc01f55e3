/** What each event does to a connection in each state: core's own table, read from where its tests read it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";

import { connect, settled, TYPE, V1 } from "./model.js";
import { ROOT } from "./node.js";

/** The table's names of states, and how a connection gets there. What is due is done at once here, so "connect due" is none. */
const STATES = {
  "awaiting token": { state: "awaiting-token", reach: (rig) => rig.socket.refuse(400, "no") },
  connecting: { state: "connecting", reach: () => {} },
  "awaiting services": { state: "awaiting-services", reach: (rig) => rig.socket.accept() },
  open: { state: "open", reach: (rig) => rig.open() },
  "back-off": { state: "backoff", reach: (rig) => rig.socket.refuse(503, "later") },
  closed: { state: "closed", reach: (rig) => rig.connection.close() },
};
const NAMES = { "connect due": "connecting", ...Object.fromEntries(Object.entries(STATES).map(([name, { state }]) => [name, state])) };

/** Counts the answers that mean "later". */
let later = 0;

/** The table's inputs, as events of a connection. Those that it cannot have are named, with why. */
const INPUTS = {
  "new token": ({ connection }) => connection.replaceToken("token-9"),
  "same token": ({ connection }) => assert.equal(connection.replaceToken("token-2"), "same"),
  "earlier token": ({ connection }) => assert.equal(connection.replaceToken("token-1"), "earlier"),
  "101, V2 or V3": ({ socket }) => socket.accept(),
  "101, V1": ({ socket }) => socket.accept(V1),
  "400–499": ({ socket }) => socket.refuse(431, "too long"),
  "408, 429, 500–599": ({ socket }) => socket.refuse([408, 429, 500, 503][(later += 1) % 4], "oops"),
  "socket closed": ({ socket }) => socket.drop(),
  "socket closed: tunnel closed": ({ socket }) => socket.drop(1008, "tunnel closed"),
  SERVICE_IDS: ({ socket }) => socket.announce("SSH"),
  SESSION_RESET: ({ socket }) => socket.deliver({ type: TYPE.sessionReset }),
  "an unknown message that may be ignored": ({ socket }) => socket.deliver({ type: 99, ignorable: true }),
  "a frame of length 0": ({ socket }) => socket.bytes([0, 0]),
  pong: ({ socket }) => socket.pong(""),
  ping: ({ socket }) => socket.heartbeat(),
  // Alarm after alarm: a ping, which is answered, another one, and the end of the wait for its pong.
  "time passes": async ({ connection, clock, socket }) => {
    const { state } = connection;
    for (let alarms = 0; alarms < 4 && connection.state === state; alarms += 1) {
      await clock.alarm();
      if (alarms === 0 && socket?.pings.length === 1) socket.pong();
    }
  },
  close: ({ connection }) => connection.close(),
};
const IMPOSSIBLE = {
  "token of the other side": "a connection names its own side with each token",
  "Connect handed out": "it is, at once",
  pause: "it follows from what is read",
};

const table = readFileSync(resolve(ROOT, "core/src/session/transitions.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
const [header, , ...rows] = table;

async function check(input, name, cell, bound) {
  const rig = connect({ accessToken: "token-1" });
  rig.connection.replaceToken("token-2", { clientToken: bound ? undefined : null });
  STATES[name].reach(rig);
  const { state } = rig.connection;
  assert.equal(state, STATES[name].state);
  const { socket } = rig;
  const [text, effect] = cell.split(", ");
  const alternatives = text.split(" / ");
  const expected = alternatives.at(bound ? 0 : -1);
  if (expected === "NotConnecting" || expected === "NotConnected") return false;
  if (expected === "SessionClosed") {
    // Of a WebSocket there is nothing to hear any more: only calls can be wrong.
    if (!input.endsWith("token")) return false;
    assert.throws(() => rig.connection.replaceToken("token-9"), { code: "SessionClosed", party: "caller" });
    return true;
  }
  await INPUTS[input]({ ...rig, socket });
  assert.equal(rig.connection.state, expected === "same" ? state : NAMES[expected], `${input} in ${name}`);
  if (effect === "old socket closed") assert.ok(socket.closed, `${input} in ${name}: the old socket stays`);
  rig.connection.close();
  assert.equal(rig.connection.state, "closed");
  await settled();
  assert.equal(rig.clock.timers, 0, "a closed connection has no alarm");
  assert.equal(rig.told.states.at(-1), "closed");
  return true;
}

test("every event in every state does what core's table says", async () => {
  let checked = 0;
  for (const [input, ...cells] of rows) {
    if (IMPOSSIBLE[input]) continue;
    assert.ok(INPUTS[input], `the table has a new input: ${input}`);
    for (const [index, cell] of cells.entries()) {
      const name = header[index + 1];
      if (name === "connect due") continue;
      for (const bound of [true, false]) checked += Number(await check(input, name, cell, bound));
    }
  }
  console.log(`states: ${checked} cells checked`);
  assert.ok(checked > 90);
});

test("states are told in their order, each once, and only when there is another", async () => {
  const rig = connect();
  rig.open();
  rig.socket.drop();
  await settled();
  assert.deepEqual(rig.told.states, ["connecting", "awaiting-services", "open", "backoff"]);
  await rig.clock.advance(1000);
  assert.equal(rig.told.states.at(-1), "connecting");
  rig.connection.close();
  rig.connection.close();
  await settled();
  assert.deepEqual(rig.told.states.slice(4), ["connecting", "closed"]);
});
