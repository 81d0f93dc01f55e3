/** `getToken`: when it is asked, what becomes of its answers, and how long it is left alone after one that was of no use. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, settled } from "./model.js";

/** A connection whose tokens come one after another, each a text, or what is thrown. */
async function asking(...answers) {
  const asked = [];
  const rig = connect({
    accessToken: undefined,
    async getToken(why) {
      asked.push({ why, at: rig.clock.now() });
      const answer = answers.shift() ?? new Error("no more of them");
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  await rig.clock.advance(0);
  await settled();
  return { ...rig, asked, get socket() { return rig.socket; } };
}

const used = ({ sockets }) => sockets.map(({ options }) => options.headers["access-token"]);

test("a token is asked for at once where there is none, and a connection is made with it", async () => {
  const rig = await asking("token-1");
  assert.deepEqual(rig.asked.map(({ why }) => why), ["none"]);
  assert.deepEqual(used(rig), ["token-1"]);
  assert.deepEqual(rig.told.tokens, [{ why: "none" }]);
  assert.equal(rig.told.errors.length, 0);
});

test("one that fails is asked again, later and later, and each failure is told with its cause", async () => {
  const causes = Array.from({ length: 9 }, (_, n) => new Error(`failure ${n}`));
  const rig = await asking(...causes, "token-1");
  while (used(rig).length === 0) assert.ok(await rig.clock.alarm());
  const waits = rig.asked.map(({ at }, n) => at - (rig.asked[n - 1]?.at ?? at));
  assert.deepEqual(waits, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  await settled();
  assert.deepEqual(rig.told.errors.map(({ cause }) => cause), causes);
  assert.deepEqual([rig.told.errors[0].code, rig.told.errors[0].party], ["InvalidAccessToken", "caller"]);
  // What was thrown may hold a token.
  assert.ok(rig.told.errors.every(({ message }) => !message.includes("failure")));
  // It is one wait, and so one event.
  assert.equal(rig.told.tokens.length, 1);
});

test("whoever gives one that the service refuses is asked again, not at once each time, but at once after a good one", async () => {
  const rig = await asking("token-1", "token-2", "token-3", "token-4");
  const { clock } = rig;
  rig.socket.refuse(400, "no");
  await clock.advance(999);
  assert.deepEqual(used(rig), ["token-1"]);
  await clock.advance(1);
  await settled();
  assert.deepEqual(used(rig), ["token-1", "token-2"]);
  rig.socket.refuse(400, "no");
  await clock.advance(2000);
  await settled();
  assert.deepEqual(used(rig).at(-1), "token-3");
  rig.socket.accept();
  rig.socket.announce("SSH", "RDP");
  assert.equal(rig.connection.state, "open");
  rig.socket.drop();
  assert.equal(rig.connection.state, "backoff");
  while (used(rig).length < 4) assert.ok(await clock.alarm());
  rig.socket.refuse(400, "revoked");
  await clock.advance(0);
  await settled();
  assert.deepEqual(used(rig).at(-1), "token-4");
  assert.deepEqual(rig.asked.map(({ why }) => why), ["none", "refused", "refused", "refused"]);
});

for (const [what, answer, message] of [
  ["no text", 5, /no access token/],
  ["a text that is no token", "<!doctype html>\n", /no access token/],
  ["the token that it gave before", "token-1", /before/],
]) {
  test(`an answer that is ${what} is told, and the next one is taken`, async () => {
    const rig = await asking("token-1", answer, "token-2");
    rig.socket.refuse(400, "no");
    while (used(rig).length < 2) assert.ok(await rig.clock.alarm());
    assert.deepEqual(used(rig), ["token-1", "token-2"]);
    await settled();
    const error = rig.told.errors.at(-1);
    assert.equal(error.code, "InvalidAccessToken");
    assert.match(error.message, message);
  });
}

test("an answer that comes too late is nothing, and a connection that is closed asks no more", async () => {
  for (const [end, tokens] of [
    [({ connection }) => connection.close(), []],
    [({ connection }) => connection.replaceToken("token-9"), ["token-9"]],
  ]) {
    for (const settle of [(late) => late.resolve("token-1"), (late) => late.reject(new Error("late"))]) {
      const late = {};
      const rig = connect({
        accessToken: undefined,
        getToken: () => new Promise((resolve, reject) => Object.assign(late, { resolve, reject })),
      });
      await rig.clock.advance(0);
      end(rig);
      settle(late);
      await settled();
      assert.deepEqual(used(rig), tokens);
      assert.deepEqual(rig.told.errors, []);
      rig.connection.close();
      assert.equal(rig.clock.timers, 0);
    }
  }
});

test("a function that throws at once is as one that fails", async () => {
  const rig = connect({
    accessToken: undefined,
    getToken() {
      throw new Error("at once");
    },
  });
  await rig.clock.advance(0);
  await settled();
  assert.equal(rig.told.errors[0].cause.message, "at once");
  rig.connection.close();
  assert.equal(rig.clock.timers, 0);
});
