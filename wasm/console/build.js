// Builds the page into dist/, from the package that `make npm` built.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const DIST = here("dist");

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST);
await build({
  entryPoints: { console: here("ts/main.ts") },
  outdir: DIST,
  bundle: true,
  minify: true,
  sourcemap: process.env.SOURCEMAP === "1" ? "inline" : false,
  format: "esm",
  target: "es2022",
  alias: { "iot-tunnel": here("../dist/index.js"), "iot-tunnel/errors": here("../dist/error-of.js") },
  legalComments: "eof",
});
await build({
  entryPoints: { console: here("css/console.css") },
  outdir: DIST,
  bundle: true,
  minify: true,
  // Named in full: without it, colours for light and dark are turned into something older.
  target: "chrome123",
});
await copyFile(here("index.html"), `${DIST}/index.html`);
await copyFile(here("icon.svg"), `${DIST}/icon.svg`);
