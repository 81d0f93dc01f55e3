/**
 * `make sizes`: what the package weighs, and beside it, measured the same way, what people would take otherwise: bundled
 * by esbuild as everything that an entry exports, minified, gzipped. Fails above the budget.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

/** Bytes of the main entry, JavaScript and WebAssembly together. */
const BUDGET = 40 * 1024;

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

const webAssembly = (name) => gzipped(readFileSync(new URL(`raw/${name}_bg.wasm`, DIST)));
const ours = (entry) => fileURLToPath(new URL(`${entry}.js`, DIST));

const rows = [
  ["iot-tunnel", await javascript(ours("index")), webAssembly("connection")],
  ["iot-tunnel/local", await javascript(ours("local")), webAssembly("local")],
  ["@aws-sdk/client-iotsecuretunneling", await javascript("@aws-sdk/client-iotsecuretunneling"), 0],
  ["protobufjs/light", await javascript("protobufjs/light.js"), 0],
];

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`.padStart(9);
console.log("gzipped                                JavaScript       wasm   together");
for (const [name, script, wasm] of rows) {
  console.log(name.padEnd(38), kib(script), kib(wasm), kib(script + wasm));
}
const [, script, wasm] = rows[0];
if (script + wasm > BUDGET) {
  console.error(`sizes: iot-tunnel is over its budget of ${kib(BUDGET).trim()}`);
  process.exitCode = 1;
}
