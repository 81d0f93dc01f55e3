/** How much a bridge takes. */

import { MAX_TIME, object, wholeNumber } from "../values.js";

/** How much a bridge takes: whole numbers. */
export interface Limits {
  /** Most connections at a time; 256 by default. Then browsers are told 503. */
  maxConnections?: number | undefined;
  /** Longest wait for the service's answer to a handshake, in milliseconds; 30,000 by default. Then browsers are told 502. */
  handshakeTimeout?: number | undefined;
  /** Longest message, in bytes; by default 131,076, the protocol's longest frame. A longer one ends the connection (1009). */
  maxMessage?: number | undefined;
  /**
   * Most bytes that wait for a slow end, in bytes; 1 MiB by default. Then the other end is stopped; where that cannot be, the
   * connection is ended (1008).
   */
  maxBuffered?: number | undefined;
  /** Time between two pings of both ends, in milliseconds; 20,000 by default. An end that answers none until the next is dead. */
  pingInterval?: number | undefined;
}

/** All of them, judged. */
export function limitsOf(given: Limits, buffered = 1024 * 1024): { [Name in keyof Limits]-?: number } {
  const { maxConnections = 256, handshakeTimeout = 30_000, maxMessage = 131_076, maxBuffered = buffered, pingInterval = 20_000 } = object("options", given);
  return {
    maxConnections: wholeNumber("maxConnections", maxConnections, 0),
    handshakeTimeout: wholeNumber("handshakeTimeout", handshakeTimeout, 1, MAX_TIME),
    maxMessage: wholeNumber("maxMessage", maxMessage, 1),
    maxBuffered: wholeNumber("maxBuffered", maxBuffered, 0),
    pingInterval: wholeNumber("pingInterval", pingInterval, 1, MAX_TIME),
  };
}
