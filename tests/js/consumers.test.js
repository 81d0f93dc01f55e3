/** The packed tarball in tiny real projects: whoever installs it can use it as it is. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync, realpathSync } from "node:fs";
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

/** What a page of a folder comes to, under a policy that forbids `eval`, and to fetch anything. */
async function inChromium(t, folder, { path = "/", policy = POLICY } = {}) {
  const server = await serveFolder(join(project.folder, folder), { "content-security-policy": policy });
  t.after(() => server.close());
  const { outcomes, wrong } = await outcomesOf(browser, `${server.origin}${path}`);
  assert.deepEqual(wrong, []);
  return outcomes;
}

/** The scripts below a folder that have a text in them. */
function scriptsWith(text, folder) {
  const files = readdirSync(join(project.folder, folder), { recursive: true }).filter((name) => name.endsWith(".js"));
  return files.filter((name) => readFileSync(join(project.folder, folder, name), "utf8").includes(text));
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

test("Node, with the bytes from where the package says that they are", async () => {
  const printed = await run(["node/bytes.js"], { cwd: project.folder });
  assert.deepEqual(JSON.parse(printed), EXPECTED);
});

test("a page without a bundler, by an import map", async (t) => {
  assert.deepEqual(await inChromium(t, ".", { path: "/page/" }), { page: EXPECTED });
});

test("a module worker without a bundler", async (t) => {
  assert.deepEqual(await inChromium(t, ".", { path: "/worker/" }), { worker: EXPECTED });
});

for (const [name, vite] of [["Vite", "vite"], ["Vite 6", "vite-6"]]) {
  test(`${name}: a page and a worker, built for production`, async (t) => {
    await run([join(TOOLS, vite, "bin/vite.js"), "build", "vite", "--logLevel", "warn"], { cwd: project.folder });
    assert.deepEqual(await inChromium(t, "vite/dist"), { page: EXPECTED, worker: EXPECTED });
  });
}

for (const [name, vite] of [["Vite", "vite"], ["Vite 6", "vite-6"]]) {
  test(`${name}: the same by its server for development`, async (t) => {
    const { createServer } = await import(join(TOOLS, vite, "dist/node/index.js"));
    const [root, cacheDir] = [join(project.folder, "vite"), join(project.folder, `.${vite}`)];
    const server = await createServer({ root, cacheDir, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
    t.after(() => server.close());
    await server.listen();
    const { outcomes, wrong } = await outcomesOf(browser, server.resolvedUrls.local[0]);
    assert.deepEqual(outcomes, { page: EXPECTED, worker: EXPECTED });
    assert.deepEqual(wrong, []);
  });
}

test("Vite: a page that takes the WebAssembly from its address, and has it in no script", async (t) => {
  await run([join(TOOLS, "vite/bin/vite.js"), "build", "vite-url", "--logLevel", "warn"], { cwd: project.folder });
  const policy = POLICY.replace("connect-src 'none'", "connect-src 'self'");
  assert.deepEqual(await inChromium(t, "vite-url/dist", { policy }), { page: "3fa85f64-5717" });
  const { default: embedded } = await import(join(project.folder, "node_modules/iot-tunnel/dist/raw/connection-embedded.js"));
  assert.deepEqual(scriptsWith(embedded.deflated, "vite-url/dist"), []);
  assert.equal(scriptsWith(embedded.deflated, "vite/dist").length, 2, "a page's and a worker's, which take it from there");
});

test("webpack: a page and a worker, built for production, without a warning", async (t) => {
  await run(["webpack/build.js"], { cwd: project.folder });
  assert.deepEqual(await inChromium(t, "webpack/dist"), { page: EXPECTED, worker: EXPECTED });
});

test("esbuild: a page", async (t) => {
  await run(["esbuild/build.js"], { cwd: project.folder });
  assert.deepEqual(await inChromium(t, "esbuild/dist"), { page: EXPECTED });
});
