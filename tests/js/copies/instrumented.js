/** The package's WebAssembly with a counter at every store: what it copies within its memory, and whatever else it writes. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { ROOT } from "../node.js";

const binaryen = (tool, ...args) => execFileSync(resolve(ROOT, "wasm/node_modules/.bin", tool), args);

/** What the compiler uses. With all that binaryen knows it writes what no engine reads yet. */
const FEATURES = ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"].map(
  (feature) => `--enable-${feature}`,
);

/** What has been written since the last look, in bytes. */
export const written = { bytes: 0 };

/** The functions that an instrumented module calls. */
const env = new Proxy(
  {
    store_ptr: (_id, bytes, _offset, address) => ((written.bytes += bytes), address),
    bulk: (bytes) => void (written.bytes += bytes),
  },
  // The others are handed a value last, and give it back.
  { get: (known, name) => known[name] ?? ((...values) => values.at(-1)) },
);

/** Binaryen counts single stores alone: `memory.copy` and `memory.fill` are counted by functions around them. */
const AROUND = ["copy", "fill"].map((name) => ({
  name,
  func: `(func $counted_${name} (param i32 i32 i32)
    (call $bulk (local.get 2))
    (memory.${name} (local.get 0) (local.get 1) (local.get 2)))`,
}));

/** The text of a module, with bulk writes counted. */
function countingBulk(text) {
  let counting = text.replace("(module", '(module (import "env" "bulk" (func $bulk (param i32)))');
  for (const { name } of AROUND) counting = counting.replaceAll(`(memory.${name}\n`, `(call $counted_${name}\n`);
  return counting.replace(/\)\s*$/, `${AROUND.map(({ func }) => func).join("\n")})`);
}

/** The instrumented bytes of `connection_bg.wasm`. Whoever makes an instance of them hands in the counter, too. */
export function instrumented() {
  const folder = mkdtempSync(join(tmpdir(), "iot-tunnel-copies-"));
  try {
    const [text, counted] = ["text.wat", "counted.wasm"].map((name) => join(folder, name));
    binaryen("wasm-dis", resolve(ROOT, "wasm/dist/raw/connection_bg.wasm"), "-o", text);
    writeFileSync(text, countingBulk(readFileSync(text, "utf8")));
    binaryen("wasm-opt", text, ...FEATURES, "--instrument-memory", "-o", counted);
    handOver();
    return readFileSync(counted);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whatever is instantiated from now on gets the counter. */
function handOver() {
  const { instantiate, Instance } = WebAssembly;
  WebAssembly.instantiate = (source, imports) => instantiate.call(WebAssembly, source, { ...imports, env });
  WebAssembly.Instance = class extends Instance {
    constructor(module, imports) {
      super(module, { ...imports, env });
    }
  };
}
