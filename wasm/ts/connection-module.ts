/** The WebAssembly of the main entry. */

import { bytesOf } from "./embedded.js";
import type { BufferSource, WasmModule } from "./engine-types.js";
import embedded from "./raw/connection-embedded.js";
import * as raw from "./raw/connection.js";
import { Module, type WasmSource, compileFrom } from "./load.js";

const module = /* @__PURE__ */ new Module("iot-tunnel", raw, "./connection_bg.js");

/**
 * Loads the WebAssembly, which comes within the package's JavaScript; everything else of this entry needs it.
 *
 * ```ts
 * import init, { parseTunnelId } from "iot-tunnel";
 * await init();
 * const id = parseTunnelId("3fa85f64-5717");
 * ```
 */
export function init(): Promise<void> {
  return module.load(() => bytesOf(embedded).then(WebAssembly.compile));
}

/**
 * As {@link init}, from elsewhere: from where `iot-tunnel/connection.wasm` is served, say, or the compiled module, which can be
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

/** A view of all of the module's memory. It ends, and its length is 0 then, when that grows. */
let view: Uint8Array<ArrayBuffer> = new Uint8Array();

/**
 * The module's memory. What a call has left there is good until the next call.
 * @internal
 */
export function memory(): Uint8Array<ArrayBuffer> {
  if (view.length === 0) view = new Uint8Array(module.exports.memory.buffer as ArrayBuffer);
  return view;
}
