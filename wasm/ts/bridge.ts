/**
 * A bridge from a page to the data plane. A browser sends no header `access-token`; a console's own origin mounts this, which
 * does.
 *
 * @packageDocumentation
 */

export type { AdmissionRules } from "./bridge/admission.js";
export type { BridgeEvent } from "./bridge/events.js";
export { type FetchBridgeOptions, fetchBridge } from "./bridge/fetch.js";
export type { Closed, End } from "./bridge/join.js";
export type { Limits } from "./bridge/limits.js";
export { type Bridge, type BridgeOptions, bridge } from "./bridge/upgrade.js";
export type { Transport } from "./node/websocket.js";
