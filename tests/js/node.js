/** What the tests need of Node: the files. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A vector file: of `tests/vectors`, or of the folder that `IOT_TUNNEL_VECTORS` names; a relative one starts at the root. */
export function vectors(file) {
  const folder = resolve(ROOT, process.env.IOT_TUNNEL_VECTORS || "tests/vectors");
  return JSON.parse(readFileSync(resolve(folder, file), "utf8"));
}

/** A JSON file of the project. */
export function json(path) {
  return JSON.parse(readFileSync(resolve(ROOT, path), "utf8"));
}
