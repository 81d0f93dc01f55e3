/** One WebSocket, from its opening to its end, whatever kind it is. */

import type { HandshakeAnswer } from "../errors.js";

/** What a connection asks of its WebSocket. */
export interface Link {
  /** Whether the peer can be stopped. */
  readonly canPause: boolean;
  /** Whether it takes more bytes now. If not, `watch` leads to `drained`. */
  takes(): boolean;
  /** Calls `drained` once it takes more bytes. */
  watch(): void;
  /** Sends a binary message; the bytes are the caller's again at once. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Sends a ping. `false`: it cannot. */
  ping(): boolean;
  /** Reads no more, or (`false`) reads again. */
  pause(paused: boolean): void;
  /** Closes it, whatever it is at. Nothing more is reported. */
  close(code: number): void;
}

/** What a WebSocket reports. */
export interface LinkListener {
  /** It is open. */
  accepted(subprotocol: string): void;
  /** The handshake was answered by a status other than 101. */
  refused(answer: HandshakeAnswer): void;
  /** A binary message came. */
  message(bytes: Uint8Array): void;
  /** A text message came, which a tunnel does not have. */
  text(): void;
  /** It takes more bytes. */
  drained(): void;
  /** The peer's ping came, and was answered. */
  ping(): void;
  /** Our ping was answered. */
  pong(): void;
  /** It is closed, or could not be opened. */
  closed(code: number, reason: string): void;
}

/** Most bytes that wait in a WebSocket to be sent before it takes no more (ours). */
export const MAX_BUFFERED = 1024 * 1024;

/** Codes for the end of a WebSocket that said what it may not (RFC 6455 §7.4.1). */
export const PROTOCOL_ERROR = 1002;
export const UNSUPPORTED_DATA = 1003;
export const POLICY_VIOLATION = 1008;
