/** What a {@link Driver} is told, and what it tells. */

import type { TunnelError } from "../errors.js";
import type { Side } from "../rules.js";
import type { Clock } from "./clock.js";
import type { Link, LinkListener } from "./link.js";
import type { Stream } from "./stream.js";

/** Where a connection is. */
export type ConnectionState = "connecting" | "awaiting-services" | "open" | "backoff" | "awaiting-token" | "closed";
/** What a token that was handed in was: another than the latest, the latest, or one of those before. */
export type TokenTaken = "new" | "same" | "earlier";

/** A version of the messages' format. */
export type Format = "V1" | "V2" | "V3";

/** What a driver is told once. */
export interface DriverConfig {
  side: Side;
  services: string[] | undefined;
  format: Format;
  maxPayload: number;
  /** In milliseconds. */
  maxBackoff: number;
  /** In bytes; nothing for what the WebSocket's kind suggests. */
  receiveLimit: number | undefined;
  /** In milliseconds. */
  stallLimit: number;
  clock: Clock;
  /** Opens a WebSocket with these tokens. */
  open(tokens: Tokens, listener: LinkListener): Link;
}

/** What a WebSocket is opened with. */
export interface Tokens {
  accessToken: string;
  clientToken?: string;
}

/**
 * What a driver tells. It calls in the middle of its work: nothing may call the driver from there, but for a reset of a stream
 * that has started.
 */
export interface DriverListener {
  changed(state: ConnectionState): void;
  failed(error: TunnelError): void;
  started(stream: Stream): void;
}
