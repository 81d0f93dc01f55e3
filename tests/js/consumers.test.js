/** The packed tarball in tiny real projects: whoever installs it can use it as it is. */

import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { build } from "esbuild";

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

/** What a page of a folder comes to, by default under a policy that allows neither `eval` nor anything to be fetched. */
async function inChromium(t, folder, { path = "/", policy = POLICY } = {}) {
  const server = await serveFolder(join(project.folder, folder), { "content-security-policy": policy });
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

/** What a page may that takes the WebAssembly from a file. */
const FETCHING = POLICY.replace("connect-src 'none'", "connect-src 'self'");

test("Vite: a page that takes the WebAssembly from its address", async (t) => {
  await run([join(TOOLS, "vite/bin/vite.js"), "build", "vite-url", "--logLevel", "warn"], { cwd: project.folder });
  assert.deepEqual(await inChromium(t, "vite-url/dist", { policy: FETCHING }), { page: "3fa85f64-5717" });
});

test("esbuild: a page that takes the WebAssembly of both entries from their addresses", async (t) => {
  await run(["esbuild/build.js", "files.js", "esm"], { cwd: project.folder });
  assert.deepEqual(await inChromium(t, "esbuild/dist", { policy: FETCHING }), { page: EXPECTED });
});

test("webpack: a page and a worker, built for production, without a warning", async (t) => {
  await run(["webpack/build.js"], { cwd: project.folder });
  assert.deepEqual(await inChromium(t, "webpack/dist"), { page: EXPECTED, worker: EXPECTED });
});

for (const format of ["esm", "iife"]) {
  test(`esbuild: a page with a script of the format ${format}`, async (t) => {
    await run(["esbuild/build.js", "main.js", format], { cwd: project.folder });
    assert.deepEqual(await inChromium(t, "esbuild/dist"), { page: EXPECTED });
  });
}

/** What a bundler makes of a program with one name from an entry. */
async function bundled(name, entry) {
  const stdin = { contents: `export { ${name} } from "${entry}"`, resolveDir: project.folder };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false });
  return outputFiles[0].text;
}

for (const [entry, module] of [["iot-tunnel", "connection"], ["iot-tunnel/local", "local"]]) {
  test(`${entry}: its WebAssembly is in a bundle with init, and in none with initFrom or initSync alone`, async () => {
    const path = `node_modules/iot-tunnel/dist/raw/${module}-embedded.js`;
    const { default: embedded } = await import(join(project.folder, path));
    const names = ["init", "initFrom", "initSync"];
    const bundles = await Promise.all(names.map((name) => bundled(name, entry)));
    assert.deepEqual(bundles.map((bundle) => bundle.includes(embedded.deflated)), [true, false, false]);
  });
}
