/**
 * The page that is part of the program, as in a release: IOT_TUNNEL_EMBEDDED is a program with the feature
 * `embedded-console`, built after the page.
 *
 *   node --test console/embedded.js
 */

import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Place } from "./programs.js";

const DIST = fileURLToPath(new URL("../../../wasm/console/dist/", import.meta.url));
/** A file that was not there when the programs were built: who serves it reads the folder. */
const LATER = "added-later.txt";

const TYPES = {
  "": "text/html; charset=utf-8",
  "index.html": "text/html; charset=utf-8",
  "console.js": "text/javascript; charset=utf-8",
  "console.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

/** Asks a running service's console for a file, as a browser that has opened the link. */
async function asker(service) {
  const link = service.ready.console;
  const entered = await fetch(link);
  const [cookie] = entered.headers.get("set-cookie").split(";");
  const page = new URL("./", link);
  return (name) => fetch(new URL(name, page), { headers: { cookie } });
}

describe("the page in the program", () => {
  const place = new Place();
  let service, ask;
  before(async () => {
    assert.ok(process.env.IOT_TUNNEL_EMBEDDED, "IOT_TUNNEL_EMBEDDED names the program");
    service = await place.serve(process.env.IOT_TUNNEL_EMBEDDED);
    ask = await asker(service);
    writeFileSync(DIST + LATER, "");
  });
  after(async () => {
    rmSync(DIST + LATER, { force: true });
    await service?.stop();
    place.remove();
  });

  test("is every file that was built, byte for byte, and nothing else", async () => {
    const names = readdirSync(DIST).filter((name) => name !== LATER);
    assert.deepEqual(names.sort(), Object.keys(TYPES).filter(Boolean).sort());
    for (const name of ["", ...names]) {
      const answer = await ask(name);
      assert.equal(answer.status, 200, name);
      assert.ok(Buffer.from(await answer.arrayBuffer()).equals(readFileSync(DIST + (name || "index.html"))), name);
      assert.equal(answer.headers.get("content-type"), TYPES[name], name);
    }
  });

  test("is not read from the folder where it was built", async () => {
    assert.equal((await ask(LATER)).status, 404);
  });

  test("comes with the policy that lets it have nothing from elsewhere, and is kept nowhere", async () => {
    for (const name of Object.keys(TYPES)) {
      const { headers } = await ask(name);
      const policy = headers.get("content-security-policy");
      for (const rule of ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'", "frame-ancestors 'none'"]) {
        assert.ok(policy.split("; ").includes(rule), `${name}: ${rule} in ${policy}`);
      }
      assert.equal(headers.get("x-content-type-options"), "nosniff", name);
      assert.equal(headers.get("referrer-policy"), "no-referrer", name);
      assert.equal(headers.get("cache-control"), "no-store", name);
    }
  });
});
