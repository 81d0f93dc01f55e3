/**
 * `make sizes`: how fast the npm package is in Chromium, against its budgets. Speeds depend on the machine and on what else
 * runs there: they are printed, and nothing fails.
 */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { startBrowser } from "./console/browser.js";

/** Time of `init` in a new page, in milliseconds. */
const MAX_INIT = 20;
/** Payload decoded in one thread, in MB/s. */
const MIN_DECODED = 100;
/** New pages, each in a browser profile of its own: nothing is compiled or cached before. */
const PAGES = 25;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const wasm = (module) => ["application/wasm", readFileSync(here(`../../wasm/dist/raw/${module}_bg.wasm`))];

/** What a page runs, bundled as a program would be. */
async function script(name) {
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", write: false };
  const { outputFiles } = await build({ entryPoints: [here(`bench/${name}.js`)], ...options });
  return ["text/javascript", outputFiles[0].contents];
}

const page = (name) => ["text/html", `<!doctype html><title>${name}</title><script type="module" src="/${name}.js"></script>`];

const files = new Map([
  ["/init", page("init")],
  ["/init.js", await script("init")],
  ["/decode", page("decode")],
  ["/decode.js", await script("decode")],
  ["/connection.wasm", wasm("connection")],
  ["/local.wasm", wasm("local")],
]);

const server = createServer(({ url }, response) => {
  const [type, content] = files.get(url) ?? ["text/plain", ""];
  // A page that shares nothing with others has a clock of 5 µs, another one of 100 µs.
  const alone = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  response.writeHead(files.has(url) ? 200 : 404, { "content-type": type, ...alone }).end(content);
});
await once(server.listen(0, "127.0.0.1"), "listening");
const browser = await startBrowser();

/** Opens a page in a new profile, and waits for what it found. */
async function result(name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/${name}`);
  const found = await page.waitForFunction(() => globalThis.result, undefined, { timeout: 120_000 });
  const value = await found.jsonValue();
  await context.close();
  return value;
}

const isKept = (kept) => (kept ? "ok" : "OVER");

try {
  console.log(`Chromium ${browser.version()}`);
  const times = [];
  for (let n = 0; n < PAGES; n += 1) times.push((await result("init")).milliseconds);
  times.sort((a, b) => a - b);
  const [least, median, most] = [times[0], times[PAGES >> 1], times[PAGES - 1]].map((time) => time.toFixed(1));
  console.log(`init, ${PAGES} new pages: median ${median} ms, ${least} to ${most}; budget ${MAX_INIT} ms: ${isKept(median <= MAX_INIT)}`);

  console.log("DATA in one thread            decoded         read        memcpy   decoded : memcpy");
  const cell = (rate) => `${rate.toFixed(0).padStart(8)} MB/s`;
  let slowest = Infinity;
  for (const { name, decoded, read, memcpy } of await result("decode")) {
    console.log(name.padEnd(24), cell(decoded), cell(read), cell(memcpy), (decoded / memcpy).toFixed(2).padStart(14));
    slowest = Math.min(slowest, decoded);
  }
  console.log(`budget, every message size: ${MIN_DECODED} MB/s decoded: ${isKept(slowest >= MIN_DECODED)}`);
} finally {
  await browser.close();
  server.close();
}
