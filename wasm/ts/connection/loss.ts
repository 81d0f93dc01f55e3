/** The errors that a connection makes itself, beside those that core throws. */

import { CapacityError, PeerFaultError, RefusalError, tunnelError } from "../errors.js";
import type { TimeoutKind } from "../raw/connection.js";
import { receiveLimitExceeded } from "./fault.js";

/** The connection was cut, and how. */
export function lost(why: string): PeerFaultError {
  return new PeerFaultError(370, "ConnectionLost", `the connection was lost: ${why}`);
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
export function stalled(service: string | undefined, milliseconds: number): CapacityError {
  const which = service === undefined ? "a stream" : `a stream of ${service}`;
  const message = `the reader of ${which} took nothing for ${milliseconds / 1000} s while others waited behind it, so that stream was reset`;
  return new CapacityError(receiveLimitExceeded, "ReceiveLimitExceeded", message);
}

/** The first and the last number of what a service says of a token, in its own words. */
const REASONS = [201, 209] as const;

/** A handshake was refused. The service's words tell which rule said no. */
export function refusal(status: number, reason: string, channelId: string | undefined): RefusalError {
  for (let number = REASONS[0]; number <= REASONS[1]; number += 1) {
    const known = tunnelError(number) as RefusalError;
    if (known.message === reason) return known.withAnswer(status, reason, channelId);
  }
  const message = `the handshake was refused with status ${status}${reason && `: ${reason}`}`;
  return new RefusalError(210, "HandshakeRefused", message).withAnswer(status, reason, channelId);
}
