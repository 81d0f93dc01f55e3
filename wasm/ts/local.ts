/**
 * What needs no service: the record of a tunnel in memory, and the messages of the wire, decoded and encoded. It has a
 * WebAssembly of its own, so that the main entry stays small.
 *
 * @packageDocumentation
 */

export { init, init as default, initFrom, initSync } from "./local-module.js";
export type { WasmSource } from "./load.js";
export * from "./error-classes.js";
export { type Message, decodeMessage, encodeMessage } from "./message.js";
export {
  type Effect,
  LocalTunnel,
  type LocalTunnelOptions,
  type Opened,
  type Outcome,
  type Rotated,
  type SideDescription,
  type TunnelDescription,
  claimedTunnelId,
} from "./local-tunnel.js";
