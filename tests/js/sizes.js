/**
 * `make sizes`: what the package weighs, and beside it, measured the same way, what people would take otherwise: bundled
 * by esbuild as everything that an entry exports, minified, gzipped. Fails above the budget.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

/** Bytes of the main entry, JavaScript and the WebAssembly within it. */
const BUDGET = 40_000;

const DIST = new URL("../../wasm/dist/", import.meta.url);

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** The JavaScript of a module with everything that it exports. */
async function javascript(module) {
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(module)}`, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return gzipped(outputFiles[0].contents);
}

/** The WebAssembly as it is within the JavaScript. */
const webAssembly = (name) => gzipped(readFileSync(new URL(`raw/${name}-embedded.js`, DIST)));
const ours = (entry) => fileURLToPath(new URL(`${entry}.js`, DIST));

const rows = [
  { name: "iot-tunnel", together: await javascript(ours("index")), wasm: webAssembly("connection"), budget: BUDGET },
  { name: "iot-tunnel/local", together: await javascript(ours("local")), wasm: webAssembly("local") },
  { name: "iot-tunnel/errors", together: await javascript(ours("error-of")) },
  { name: "@aws-sdk/client-iotsecuretunneling", together: await javascript("@aws-sdk/client-iotsecuretunneling") },
  { name: "protobufjs/light", together: await javascript("protobufjs/light.js") },
];

const cell = (text) => String(text).padStart(11);
const count = (bytes) => cell(bytes === undefined ? "-" : bytes.toLocaleString("en"));
console.log(`${"bytes, gzipped".padEnd(36)}${["together", "of it wasm", "budget"].map(cell).join("")}`);
for (const { name, together, wasm, budget } of rows) {
  const isOver = together > budget;
  const verdict = budget === undefined ? "" : isOver ? "  OVER" : "  ok";
  console.log(`${name.padEnd(36)}${[together, wasm, budget].map(count).join("")}${verdict}`);
  if (isOver) process.exitCode = 1;
}
