/** The WebAssembly of the entry `local`. */

import type { BufferSource, WasmModule } from "./engine-types.js";
import * as raw from "./raw/local.js";
import { Module, type WasmSource } from "./load.js";

const module = /* @__PURE__ */ new Module("iot-tunnel/local", raw, "./local_bg.js");

/** Loads the WebAssembly of this entry, which is not that of `iot-tunnel`; everything else here needs it. */
export function init(source?: WasmSource): Promise<void> {
  return module.load(source ?? new URL("./raw/local_bg.wasm", import.meta.url));
}

/** As {@link init}, from bytes or a module that are there already. In a page, browsers compile at most 4 KB like that. */
export function initSync(source: BufferSource | WasmModule): void {
  module.loadSync(source);
}

/**
 * The raw bindings. Throws until they are loaded.
 * @internal
 */
export function bindings(): typeof raw {
  void module.exports;
  return raw;
}
