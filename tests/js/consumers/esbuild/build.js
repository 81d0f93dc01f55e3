/** The build, as the command `esbuild` does it with `--bundle --minify --format=FORMAT`. */

import { copyFileSync } from "node:fs";

import { build } from "esbuild";

const folder = import.meta.dirname;
const { warnings } = await build({
  entryPoints: [`${folder}/main.js`],
  outdir: `${folder}/dist`,
  bundle: true,
  minify: true,
  format: process.argv[2],
});
copyFileSync(`${folder}/index.html`, `${folder}/dist/index.html`);
process.exitCode = warnings.length;
