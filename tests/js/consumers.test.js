/** The packed tarball in tiny real projects: whoever installs it can use it as it is. */

import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { outcomesOf, POLICY } from "./browser-page.js";
import { startBrowser } from "./console/browser.js";
import { EXPECTED } from "./consumers/story.js";
import { installed, run, TOOLS } from "./project.js";
import { serveFolder } from "./web-server.js";

let project, browser;
before(async () => {
  project = await installed();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  project?.remove();
});

/** What a page of a folder comes to, under a policy that forbids `eval`. */
async function inChromium(t, folder, path = "/") {
  const server = await serveFolder(join(project.folder, folder), { "content-security-policy": POLICY });
  t.after(() => server.close());
  const { outcomes, wrong } = await outcomesOf(browser, `${server.origin}${path}`);
  assert.deepEqual(wrong, []);
  return outcomes;
}

test("what is tested is the tarball's content, not this checkout's", async () => {
  const entry = "process.stdout.write(import.meta.resolve('iot-tunnel'))";
  const address = await run(["--input-type=module", "--eval", entry], { cwd: project.folder });
  assert.equal(address, `file://${project.folder}/node_modules/iot-tunnel/dist/index.js`);
  assert.equal(realpathSync(new URL(address)), new URL(address).pathname);
});

test("Node", async () => {
  const printed = await run(["node/main.js"], { cwd: project.folder });
  assert.deepEqual(JSON.parse(printed), EXPECTED);
});

test("a page without a bundler, by an import map", async (t) => {
  assert.deepEqual(await inChromium(t, ".", "/page/"), { page: EXPECTED });
});

test("a module worker without a bundler", async (t) => {
  assert.deepEqual(await inChromium(t, ".", "/worker/"), { worker: EXPECTED });
});

test("Vite: a page and a worker, built for production", async (t) => {
  await run([join(TOOLS, "vite/bin/vite.js"), "build", "vite", "--logLevel", "warn"], { cwd: project.folder });
  assert.deepEqual(await inChromium(t, "vite/dist"), { page: EXPECTED, worker: EXPECTED });
});

test("Vite: the same by its server for development, with nothing configured", async (t) => {
  const { createServer } = await import(join(TOOLS, "vite/dist/node/index.js"));
  const server = await createServer({ root: join(project.folder, "vite"), logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
  t.after(() => server.close());
  await server.listen();
  const { outcomes, wrong } = await outcomesOf(browser, server.resolvedUrls.local[0]);
  assert.deepEqual(outcomes, { page: EXPECTED, worker: EXPECTED });
  assert.deepEqual(wrong, []);
});

test("webpack: a page and a worker, built for production, without a warning", async (t) => {
  await run(["webpack/build.js"], { cwd: project.folder });
  assert.deepEqual(await inChromium(t, "webpack/dist"), { page: EXPECTED, worker: EXPECTED });
});
