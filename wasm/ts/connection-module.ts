/** The WebAssembly of the main entry. */

import type { BufferSource, WasmModule } from "./engine-types.js";
import * as raw from "./raw/connection.js";
import { Module, type WasmSource } from "./load.js";

const module = /* @__PURE__ */ new Module("iot-tunnel", raw);

/**
 * Loads the WebAssembly; everything else of this entry needs it. Without `source` it is fetched from beside this file, which
 * bundlers know how to follow.
 *
 * ```ts
 * import init, { parseTunnelId } from "iot-tunnel";
 * await init();
 * const id = parseTunnelId("3fa85f64-5717");
 * ```
 */
export function init(source?: WasmSource): Promise<void> {
  return module.load(source ?? new URL("./raw/connection_bg.wasm", import.meta.url));
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

/**
 * Bytes of the module's memory, good until the next call into it.
 * @internal
 */
export function memory(pointer: number, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(module.exports.memory.buffer as ArrayBuffer, pointer, length);
}
