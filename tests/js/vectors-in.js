/** The tests of the conformance vectors in one engine. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { vectors } from "./node.js";
import { FILES } from "./vectors/engine.js";

/**
 * Declares a test for each vector file, which prints how many cases passed.
 * @param {string} engine @param {(file: string, cases: object) => Promise<import("./vectors/check.js").Outcome[]>} outcomes
 */
export function vectorsIn(engine, outcomes) {
  for (const file of FILES) {
    test(`${file} in ${engine}`, async () => {
      const found = await outcomes(file, vectors(file));
      assert.notEqual(found.length, 0);
      for (const { what, cases, failures } of found) {
        console.log(`vectors: ${what}: ${cases - failures.length} of ${cases} cases passed in ${engine}`);
        assert.notEqual(cases, 0, `${what}: no cases`);
        assert.deepEqual(failures, [], what);
      }
    });
  }
}
