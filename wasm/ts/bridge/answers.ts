/** How a browser is told that it gets no connection. */

import { REFUSAL_CODE } from "../subprotocol.js";

/** Longest reason in a close frame, in bytes. */
const MAX_REASON = 123;
/** Longest reason in a header, in bytes (ours). */
const MAX_TEXT = 1024;

/** A browser did nothing wrong, and yet gets no connection. */
export const UNREACHABLE = { status: 502, reason: "the service cannot be reached" };

/** The status of a refusal: what the service answered, unless that is none. */
export function statusOf(answered: number): number {
  return answered >= 400 && answered < 600 ? answered : UNREACHABLE.status;
}

/** What may stand in a header: visible ASCII and spaces. */
export function printable(text: string): string {
  return text.replace(/[^ -~]/g, "?").slice(0, MAX_TEXT);
}

/** A refusal as a close frame: its code and its reason. */
export function closeFrame(status: number, reason: string): [number, string] {
  return [REFUSAL_CODE + status, printable(reason).slice(0, MAX_REASON)];
}
