/** Projects that use the package as npm packs it. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";

import { ROOT, json } from "./node.js";

/** The tarball that `make npm` leaves. */
export const TARBALL = resolve(ROOT, `wasm/iot-tunnel-${json("wasm/package.json").version}.tgz`);

/** The projects' sources, and the tools that they have beside the package. */
const CONSUMERS = resolve(ROOT, "tests/js/consumers");
export const TOOLS = join(CONSUMERS, "node_modules");

/** No program here takes longer, in milliseconds. */
const PATIENCE = 120_000;

/**
 * Runs a program of Node, and gives what it prints. Fails with everything that it said.
 * @param {string[]} args @param {{ cwd?: string, env?: Record<string, string> }} options
 */
export async function run(args, options = {}) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: PATIENCE, ...options });
    return stdout;
  } catch (error) {
    throw new Error(`${args.map((arg) => basename(arg)).join(" ")}: ${error.stdout ?? ""}${error.stderr ?? ""}${error.message}`);
  }
}

/**
 * A folder outside of this checkout, where the package is installed from its tarball, with the projects of `consumers/`.
 * The bundlers and `ws` are found above it, as one finds what is installed for several projects; the package is not there.
 */
export async function installed() {
  const above = realpathSync(mkdtempSync(join(tmpdir(), "iot-tunnel-consumers-")));
  const folder = join(above, "projects");
  symlinkSync(TOOLS, join(above, "node_modules"));
  mkdirSync(folder);
  cpSync(CONSUMERS, folder, { recursive: true, filter: (path) => !/\/(node_modules|package(-lock)?\.json)$/.test(path) });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const flags = ["--offline", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
  await promisify(execFile)("npm", ["install", ...flags, TARBALL], { cwd: folder, timeout: PATIENCE });
  return { folder, remove: () => rmSync(above, { recursive: true }) };
}
