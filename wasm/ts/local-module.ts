/** The WebAssembly of the entry `local`. */

import { bytesOf } from "./embedded.js";
import type { BufferSource, WasmModule } from "./engine-types.js";
import embedded from "./raw/local-embedded.js";
import * as raw from "./raw/local.js";
import { Module, type WasmSource, compileFrom } from "./load.js";

const module = /* @__PURE__ */ new Module("iot-tunnel/local", raw, "./local_bg.js");

/** Loads the WebAssembly of this entry, which is not that of `iot-tunnel`; everything else here needs it. */
export function init(): Promise<void> {
  return module.load(() => bytesOf(embedded).then(WebAssembly.compile));
}

/**
 * As {@link init}, from elsewhere: from where `iot-tunnel/local.wasm` is served, say, or the compiled module, which can be
 * sent to a worker. A bundler leaves out the WebAssembly within JavaScript where only this is imported. `source` is of
 * no interest if somebody has loaded it before, or is at it and succeeds.
 */
export function initFrom(source: WasmSource): Promise<void> {
  return module.load(() => compileFrom(source));
}

/**
 * As {@link initFrom}, from bytes or a module that are there already. A page stands still while they are compiled; some
 * browsers refuse that above a size of their own.
 */
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
