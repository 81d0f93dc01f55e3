/** What can go wrong, by whose fault it is. Numbers and codes are the same in Rust, C and JavaScript. */

import type { CapacityCode, MisuseCode, PeerFaultCode, RefusalCode } from "./codes.js";
import { THROWN } from "./error-table.js";

export type { CapacityCode, MisuseCode, PeerFaultCode, RefusalCode };

/** The name of an error. Of two errors with the same name the one is the caller's, the other the peer's. */
export type ErrorCode = MisuseCode | RefusalCode | PeerFaultCode | CapacityCode;

/** Whose fault an error is: `room` is nobody's, there is too little of it. */
export type Party = "caller" | "service" | "peer" | "room";

/** Every error that this package throws or reports, but for a `TypeError` or `RangeError` where a value cannot be. */
export class TunnelError extends Error {
  /** The stable name, such as `"AccessTokenRevoked"`. */
  readonly code: ErrorCode;
  /** The stable number; its hundred is the party. */
  readonly number: number;
  /** Whose fault it is. */
  readonly party: Party;

  /** The package makes its errors itself, of a line of the table. */
  constructor(number: number, code: ErrorCode, message: string) {
    super(message);
    this.number = number;
    this.code = code;
    this.party = KINDS[hundred(number)]![0];
    // Not the class's own name: a bundler may have shortened that.
    this.name = KINDS[hundred(number)]![1];
  }
}

/** The caller broke a rule (100–199): mend the call. */
export class MisuseError extends TunnelError {
  declare readonly code: MisuseCode;
  declare readonly party: "caller";
}

/** How a service answered a handshake that it did not accept. */
export interface HandshakeAnswer {
  status: number;
  /** In the service's words; may be empty. */
  reason: string;
  channelId?: string | undefined;
  /** In seconds. */
  retryAfter?: number | undefined;
}

/** The service said no (200–299): get another token or tunnel. */
export class RefusalError extends TunnelError {
  declare readonly code: RefusalCode;
  declare readonly party: "service";
  /** Of a handshake: the HTTP status. */
  declare readonly status?: number;
  /** Of a handshake: why, in the service's words. */
  declare readonly reason?: string;
  /** Of a handshake: what the service calls it, for its support. */
  declare readonly channelId?: string;
  /** Of a handshake that may be tried again (408, 429, 5xx): in how many seconds, if the service said so. */
  declare readonly retryAfter?: number;

  /** @internal */
  withAnswer(answer: HandshakeAnswer): this {
    return Object.assign(this, answer);
  }
}

/** What came from the other side is not what the protocol allows (300–399). */
export class PeerFaultError extends TunnelError {
  declare readonly code: PeerFaultCode;
  declare readonly party: "peer";
}

/** There is too little room (400–499). */
export class CapacityError extends TunnelError {
  declare readonly code: CapacityCode;
  declare readonly party: "room";
}

/** By the hundred of the number: the party, the name, the class. */
const KINDS: Record<number, readonly [Party, string, typeof TunnelError]> = {
  1: ["caller", "MisuseError", MisuseError],
  2: ["service", "RefusalError", RefusalError],
  3: ["peer", "PeerFaultError", PeerFaultError],
  4: ["room", "CapacityError", CapacityError],
};

function hundred(number: number): number {
  return Math.floor(number / 100);
}

/**
 * Makes the error of a number. Without a message it has the general text. The raw bindings call it to throw.
 * @internal
 */
export function tunnelError(number: number, message?: string): TunnelError {
  // It is in the table: what is not is thrown by nothing here.
  return errorIn(THROWN, number, message)!;
}

/**
 * The error of a number, by its line in a table of such: `<number> <name> <text>`.
 * @internal
 */
export function errorIn(table: string, number: number, message?: string): TunnelError | undefined {
  const line = new RegExp(`^${number} (\\w+) (.*)$`, "m").exec(table);
  if (line === null) return undefined;
  const [, code, text] = line;
  return new KINDS[hundred(number)]![2](number, code as ErrorCode, message || text || code!);
}

/** @internal */
export function notInitialised(entry: string): MisuseError {
  return new MisuseError(181, "NotInitialised", `call "await init()" of "${entry}" once before anything else of it`);
}
