/** The production build, as the command `webpack` does it. */

import { copyFileSync } from "node:fs";
import { promisify } from "node:util";

import webpack from "webpack";

const folder = import.meta.dirname;
const stats = await promisify(webpack)({ mode: "production", context: folder, entry: "./main.js", output: { path: `${folder}/dist` } });
copyFileSync(`${folder}/index.html`, `${folder}/dist/index.html`);
// A warning is a failure here: somebody would have to look at each.
console.log(stats.toString({ colors: false }));
process.exitCode = stats.hasErrors() || stats.hasWarnings() ? 1 : 0;
