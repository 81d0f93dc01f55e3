/** The build of a script, as the command `esbuild` does it with `--bundle --minify --format=FORMAT --loader:.wasm=file`. */

import { copyFileSync } from "node:fs";

import { build } from "esbuild";

const folder = import.meta.dirname;
const [script, format] = process.argv.slice(2);
const { warnings } = await build({
  entryPoints: { main: `${folder}/${script}` },
  outdir: `${folder}/dist`,
  bundle: true,
  minify: true,
  format,
  loader: { ".wasm": "file" },
});
copyFileSync(`${folder}/index.html`, `${folder}/dist/index.html`);
process.exitCode = warnings.length;
