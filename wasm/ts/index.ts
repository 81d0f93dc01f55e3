/**
 * AWS IoT Secure Tunneling in the browser and in Node: the rules of token rotation, and a client's end of a tunnel.
 *
 * @packageDocumentation
 */

export { init, init as default, initFrom, initSync } from "./connection-module.js";
export type { WasmSource } from "./load.js";
export * from "./error-classes.js";
export {
  type ClientMode,
  type ClientToken,
  type Region,
  type Rotation,
  type ServiceId,
  type Side,
  type ThingName,
  type TunnelId,
  parseClientToken,
  parseRegion,
  parseServiceId,
  parseThingName,
  parseTunnelId,
  rotationOf,
} from "./rules.js";
export {
  type DestinationConfig,
  type InvalidRotateRequest,
  type Notification,
  type RotateDraft,
  type RotateInput,
  type RotateRequest,
  type RotateResponse,
  type ValidRotateRequest,
  type Violation,
  parseNotification,
  parseRotateRequest,
  parseRotateResponse,
  rotateRequest,
} from "./rotate.js";
export { TunnelConnection, type TunnelConnectionOptions } from "./connection.js";
export type { TokenPlace } from "./connection/address.js";
export type { GetToken, WithoutToken } from "./connection/asker.js";
export type { Clock } from "./connection/clock.js";
export type { ConnectionState, TokenTaken } from "./connection/config.js";
export type { ConnectionErrorEvent, StateChangeEvent, TokenEvent, TunnelConnectionEventMap } from "./connection/events.js";
export type { TunnelStream } from "./connection/stream.js";
export type { WebSocketConstructor, WebSocketLike, WebSocketOptions } from "./connection/websocket.js";
