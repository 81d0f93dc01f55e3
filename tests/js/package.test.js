/** What judges a package: its form by publint and attw, its types by the compilers of whoever installs it. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

import { ROOT, json } from "./node.js";
import { TARBALL, TOOLS, installed, run } from "./project.js";

let project, dist;
before(async () => {
  project = await installed();
  dist = join(project.folder, "node_modules/iot-tunnel/dist");
  // A caller's copy of the SDK, for the types that go to it.
  symlinkSync(resolve(ROOT, "tests/js/node_modules/@aws-sdk"), join(project.folder, "node_modules/@aws-sdk"));
});
after(() => project?.remove());

test("publint finds nothing, not even to suggest", async () => {
  assert.match(await run([join(TOOLS, "publint/src/cli.js"), TARBALL, "--strict"]), /All good!/);
});

/** What of the package has no types: a bundler makes of it whatever it is told. */
const FILES = ["./connection.wasm", "./local.wasm"];

test("attw finds the types of every entry", async () => {
  // A package of ES modules alone: what cannot import those (node10, `require` before Node 20.19) is not judged.
  const profile = ["--profile", "esm-only", "--format", "json", "--exclude-entrypoints", ...FILES];
  const { analysis } = JSON.parse(await run([join(TOOLS, "@arethetypeswrong/cli/dist/index.js"), TARBALL, ...profile]));
  const entries = Object.keys(json("wasm/package.json").exports).filter((entry) => !FILES.includes(entry));
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), entries.sort());
  for (const [entry, { resolutions }] of Object.entries(analysis.entrypoints)) {
    for (const kind of ["node16-esm", "bundler"]) assert.ok(resolutions[kind].resolution, `${entry} by ${kind}`);
  }
});

/** Projects of consumers/types. */
const PROJECTS = {
  page: "a page",
  worker: "a worker",
  host: "a program for Node, without the library of the DOM",
  sdk: "a caller of the AWS SDK",
};
/** The ways to find modules. */
const RESOLUTIONS = { bundler: "esnext", nodenext: "nodenext" };

async function compiles(compiler, config, resolution) {
  const options = ["-p", `types/tsconfig.${config}.json`, "--moduleResolution", resolution, "--module", RESOLUTIONS[resolution]];
  await run([join(TOOLS, compiler, "bin/tsc"), ...options], { cwd: project.folder });
}

for (const [config, what] of Object.entries(PROJECTS)) {
  for (const resolution of Object.keys(RESOLUTIONS)) {
    test(`types: ${what}, ${resolution}`, () => compiles("typescript", config, resolution));
  }
}

// It takes ten times as long: once for each way.
for (const [config, resolution] of [["page", "bundler"], ["host", "nodenext"]]) {
  test(`types by the oldest compiler that README promises: ${PROJECTS[config]}, ${resolution}`, () =>
    compiles("typescript-oldest", config, resolution));
}

test("no declaration says any, and none needs what is not packed", () => {
  const files = readdirSync(dist, { recursive: true }).map(String);
  const declarations = files.filter((file) => file.endsWith(".d.ts"));
  assert.ok(declarations.length > 10);
  for (const file of declarations) {
    const text = readFileSync(join(dist, file), "utf8").replace(/\/\*.*?\*\//gs, "");
    assert.doesNotMatch(text, /\bany\b/, file);
    for (const [, path] of text.matchAll(/(?:from |import\()"(\.[^"]*)\.js"/g)) {
      assert.ok(declarations.includes(join(file, "..", `${path}.d.ts`)), `${file} needs ${path}`);
    }
  }
});

test("the license and the manual are in there", () => {
  const packed = readdirSync(join(dist, ".."));
  for (const file of ["LICENSE", "README.md", "package.json"]) assert.ok(packed.includes(file), file);
});
