/** Whoever makes a connection hears its first events, in whatever way it is made. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { connect as connectFromHost } from "../../wasm/dist/node.js";
import { connect, settled } from "./model.js";
import { SOON } from "./programs.js";

const host = (options) => connectFromHost({ url: "ws://127.0.0.1:1", side: "source", ...options });
const WAYS = {
  "by new": (options) => connect({ accessToken: undefined, ...options }).connection,
  "by new, in a function that is awaited": async (options) => connect({ accessToken: undefined, ...options }).connection,
  "by connect of iot-tunnel/node": host,
  "by connect, in a function that awaits it": async (options) => {
    const connection = await host(options);
    return (async () => connection)();
  },
};

for (const [how, make] of Object.entries(WAYS)) {
  for (const [type, what, options, is] of [
    ["token", "that a token is needed", {}, ({ why }) => why === "none"],
    ["statechange", "that it connects", { accessToken: "token-1" }, ({ state, previous }) => `${previous} ${state}` === "awaiting-token connecting"],
  ]) {
    test(`a connection that is made ${how} says to who has just got it ${what}`, async (t) => {
      const connection = await make(options);
      t.after(() => connection.close());
      const [event] = await once(connection, type, { signal: AbortSignal.timeout(SOON) });
      assert.ok(is(event));
    });
  }
}

test("whoever hands in a token before he is asked is not asked", async () => {
  const { connection, told } = connect({ accessToken: undefined });
  connection.replaceToken("token-1");
  await settled();
  assert.deepEqual(told.tokens, []);
  assert.deepEqual(told.states, ["connecting"]);
});
