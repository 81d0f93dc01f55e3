/**
 * What needs no service: the messages of the wire, decoded and encoded. It has a WebAssembly of its own, so that the
 * main entry stays small.
 *
 * @packageDocumentation
 */

export { init, init as default, initSync } from "./local-module.js";
export type { WasmSource } from "./load.js";
export { type Message, decodeMessage, encodeMessage } from "./message.js";
