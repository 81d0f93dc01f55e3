// `build.sh` runs it: node embed.js MODULE.wasm SCRIPT.js writes the module as JavaScript, for ts/embedded.ts, and its type.

import { readFileSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";

const [wasm, script] = process.argv.slice(2);
const module = readFileSync(wasm);
// Of all levels of memory this one makes it shortest.
const embedded = { byteLength: module.length, deflated: deflateRawSync(module, { level: 9, memLevel: 7 }).toString("base64") };
writeFileSync(script, `export default ${JSON.stringify(embedded)};\n`);
writeFileSync(
  script.replace(/\.js$/, ".d.ts"),
  'declare const embedded: import("../embedded.js").Embedded;\nexport default embedded;\n',
);
