/** The errors that a connection makes itself, beside those that core throws. */

import { type HandshakeAnswer, PeerFaultError, RefusalError, type TunnelError, tunnelError } from "../errors.js";
import type { TimeoutKind } from "../raw/connection.js";
import { receiveLimitExceeded } from "./fault.js";

/** The number and code of a connection that was cut, or never came about. */
const LOST = [370, "ConnectionLost"] as const;

/** The connection was cut, and how. */
export function lost(why: string): PeerFaultError {
  return new PeerFaultError(...LOST, `the connection was lost: ${why}`);
}

/** There was no connection yet. `why` is what the engine said, which in a browser is nothing. */
export function unconnected(why: string): PeerFaultError {
  return new PeerFaultError(...LOST, `could not connect${why && `: ${why}`}`);
}

/**
 * How it was cut if nothing came any more.
 * @internal
 */
export const SILENCE: Record<Exclude<TimeoutKind, "none">, string> = {
  connect: "the handshake was not answered within 30 s",
  "service-ids": "the service did not say its services within 30 s",
  pong: "the service was silent for 30 s after a ping",
};

/** A stream was not read while others waited. */
export function stalled(service: string | undefined, milliseconds: number): TunnelError {
  const which = service === undefined ? "a stream" : `a stream of ${service}`;
  return tunnelError(receiveLimitExceeded, `${which} was reset: its reader took nothing for ${milliseconds / 1000} s while others waited`);
}

/** The first and the last number of what a service says of a token, in its own words. */
const REASONS = [201, 209] as const;

/** A handshake was refused. The service's words tell which rule said no. */
export function refusal(answer: HandshakeAnswer): RefusalError {
  const { status, reason } = answer;
  for (let number = REASONS[0]; number <= REASONS[1]; number += 1) {
    const known = tunnelError(number) as RefusalError;
    if (known.message === reason) return known.withAnswer(answer);
  }
  const message = `the handshake was refused with status ${status}${reason && `: ${reason}`}`;
  return new RefusalError(210, "HandshakeRefused", message).withAnswer(answer);
}
