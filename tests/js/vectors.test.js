/** The conformance vectors in Node, every case of every file. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as tunnel from "../../wasm/dist/index.js";
import * as local from "../../wasm/dist/local.js";
import { vectors } from "./node.js";
import { ids } from "./vectors/ids.js";
import { messages } from "./vectors/messages.js";
import { notifications } from "./vectors/notifications.js";
import { Records } from "./vectors/records.js";
import { rotateRequests } from "./vectors/rotate-requests.js";
import { scenarios } from "./vectors/scenarios.js";

await Promise.all([tunnel.init(), local.init()]);

for (const [file, runner] of [
  ["ids.json", (cases) => ids(cases, tunnel)],
  ["rotate_requests.json", (cases) => rotateRequests(cases, tunnel)],
  ["notifications.json", (cases) => notifications(cases, tunnel)],
  ["messages.json", (cases) => messages(cases, local)],
  ["scenarios.json", (cases) => scenarios(cases, "LocalTunnel", () => new Records(local))],
]) {
  test(file, () => {
    for (const { what, cases, failures } of runner(vectors(file))) {
      console.log(`vectors: ${what}: ${cases - failures.length} of ${cases} cases passed in Node`);
      assert.notEqual(cases, 0, `${what}: no cases`);
      assert.deepEqual(failures, [], what);
    }
  });
}
