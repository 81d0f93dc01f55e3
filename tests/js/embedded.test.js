/** The WebAssembly within the JavaScript is the file beside it, byte for byte: what is measured and tested of one holds for both. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { bytesOf } from "../../wasm/dist/embedded.js";
import connection from "../../wasm/dist/raw/connection-embedded.js";
import local from "../../wasm/dist/raw/local-embedded.js";

for (const [name, embedded] of Object.entries({ connection, local })) {
  test(name, async () => {
    const file = readFileSync(new URL(`../../wasm/dist/raw/${name}_bg.wasm`, import.meta.url));
    assert.ok(file.equals(await bytesOf(embedded)));
  });
}

test("a text that is damaged is refused, and not taken for a shorter one", async () => {
  const { byteLength, deflated } = local;
  for (const damaged of ["", deflated.slice(0, 4000), deflated.slice(0, 4001), `!${deflated.slice(1)}`]) {
    await assert.rejects(bytesOf({ byteLength, deflated: damaged }));
  }
});
