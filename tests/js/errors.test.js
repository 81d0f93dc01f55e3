/** The table of errors, which is core's. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { errorOf } from "../../wasm/dist/error-of.js";
import * as tunnel from "../../wasm/dist/index.js";
import * as local from "../../wasm/dist/local.js";
import { json } from "./node.js";

await tunnel.init();

test("every error of core has its number, name, party, text and class here, and no other number has one", () => {
  const table = new Map(json("tests/errors.json").map((error) => [error.number, error]));
  const classes = {
    caller: tunnel.MisuseError,
    service: tunnel.RefusalError,
    peer: tunnel.PeerFaultError,
    room: tunnel.CapacityError,
  };
  let walked = 0;
  for (let number = 0; number < 1000; number += 1) {
    const expected = table.get(number);
    const error = errorOf(number);
    if (expected === undefined) {
      assert.equal(error, undefined, `${number}`);
      continue;
    }
    const { code: name, party, message: text } = error;
    assert.deepEqual({ number: error.number, name, party, text }, expected);
    assert.ok(error instanceof classes[party] && error instanceof tunnel.TunnelError && error instanceof Error);
    assert.equal(error.name, classes[party].name);
    walked += 1;
  }
  console.log(`errors: ${walked} of ${table.size} walked`);
  assert.equal(walked, table.size);
});

test("a text is judged with all of its characters, also one that begins with a byte order mark", () => {
  const tunnelId = "\ufeffabc";
  assert.throws(() => tunnel.parseTunnelId(tunnelId), { code: "InvalidTunnelId" });
  const request = tunnel.rotateRequest({ tunnelId, clientMode: "ALL" });
  assert.deepEqual([request.ok, request.violations?.map(({ member }) => member)], [false, ["tunnelId"]]);
});

test("an error says what exactly is wrong", () => {
  assert.throws(() => tunnel.parseTunnelId("a b"), {
    name: "MisuseError",
    code: "InvalidTunnelId",
    number: 110,
    party: "caller",
    message: "tunnelId has ' ' at position 1; allowed is [a-zA-Z0-9_\\-+=:]",
  });
  assert.throws(() => tunnel.parseNotification('{"clientMode":"source"}'), {
    name: "PeerFaultError",
    code: "InvalidMember",
    message: "Value at 'clientAccessToken' failed to satisfy constraint: Member must not be null",
  });
  assert.throws(() => tunnel.parseTunnelId(7), TypeError);
});

test("every entry that throws by core has the classes of errors, and they are the same", async () => {
  await local.init();
  for (const name of ["TunnelError", "MisuseError", "RefusalError", "PeerFaultError", "CapacityError"]) {
    assert.ok(typeof tunnel[name] === "function" && local[name] === tunnel[name], name);
  }
  assert.throws(() => local.claimedTunnelId("nonsense"), tunnel.RefusalError);
});

test("a clone of an error is a plain Error with its message, as README says", () => {
  const clone = structuredClone(errorOf(204));
  assert.deepEqual([clone.name, clone.message, clone.code], ["Error", errorOf(204).message, undefined]);
});

test("no error shows a token", () => {
  for (const parse of [tunnel.parseNotification, tunnel.parseRotateResponse]) {
    const secret = { clientAccessToken: "sec ret", sourceAccessToken: "sec ret", tunnelArn: "arn", clientMode: "sec ret" };
    assert.throws(() => parse(JSON.stringify(secret)), (error) => !`${error.stack}`.includes("sec ret"));
  }
});
