/** The WebAssembly of the main entry. */

import * as raw from "./raw/connection.js";
import { Module, type WasmSource } from "./load.js";

const module = /* @__PURE__ */ new Module("iot-tunnel", raw, "./connection_bg.js");

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
export function initSync(source: BufferSource | WebAssembly.Module): void {
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
 * Numbers in the module's memory, good until that grows: then their length is 0.
 * @internal
 */
export function numbers(pointer: number, length: number): Float64Array {
  return new Float64Array(module.exports.memory.buffer, pointer, length);
}

/**
 * Bytes of the module's memory, good until the next call into it.
 * @internal
 */
export function memory(pointer: number, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(module.exports.memory.buffer as ArrayBuffer, pointer, length);
}
