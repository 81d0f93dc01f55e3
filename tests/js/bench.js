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
  ["/connection.wasm", ["application/wasm", readFileSync(here("../../wasm/dist/raw/connection_bg.wasm"))]],
  ["/byte", ["application/octet-stream", "x"]],
]);

const server = createServer(({ url }, response) => {
  const [type, content] = files.get(url) ?? ["text/plain", ""];
  // A page that shares nothing with others has a clock of 5 µs, another one of 100 µs.
  const alone = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  response.writeHead(files.has(url) ? 200 : 404, { "content-type": type, ...alone }).end(content);
});
await once(server.listen(0, "127.0.0.1"), "listening");
const browser = await startBrowser();

/** What a page measures that was opened in a new profile, once the browser is done with opening it. */
async function result(name, kind) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/${name}`);
  await page.waitForFunction(() => globalThis.measure);
  const value = await page.evaluate((kind) => globalThis.measure(kind), kind);
  await context.close();
  return value;
}

/** Ways to the WebAssembly, and how long a fetch takes in this browser, from this server, whatever it fetches. */
const LOADS = [
  { what: "init()", kind: "init", budget: MAX_INIT, times: [] },
  { what: "beside: initFrom(a file)", kind: "initFrom", times: [] },
  { what: "beside: fetch of a byte", kind: "byte", times: [] },
];

try {
  console.log(`Chromium ${browser.version()}`);
  // In turn, so that all have the same weather.
  for (let n = 0; n < PAGES; n += 1) for (const { kind, times } of LOADS) times.push(await result("init", kind));
  console.log(`${PAGES} new pages, ms               least     median       most     budget`);
  for (const { what, times, budget } of LOADS) {
    times.sort((a, b) => a - b);
    const median = times[PAGES >> 1];
    const cells = [times[0], median, times[PAGES - 1]].map((time) => time.toFixed(1).padStart(11));
    const verdict = budget && `${budget.toFixed(1).padStart(11)} ${median <= budget ? "ok" : "OVER"}`;
    console.log(what.padEnd(26), cells.join(""), verdict ?? "          -");
  }
  console.log("DATA in one thread, MB/s     decoded     budget       read     memcpy  decoded : memcpy");
  const cell = (rate) => rate.toFixed(0).padStart(11);
  for (const { name, decoded, read, memcpy } of await result("decode")) {
    const verdict = decoded >= MIN_DECODED ? "ok" : "UNDER";
    console.log(name.padEnd(24), [decoded, MIN_DECODED, read, memcpy].map(cell).join(""), (decoded / memcpy).toFixed(2).padStart(16), "", verdict);
  }
} finally {
  await browser.close();
  server.close();
}
