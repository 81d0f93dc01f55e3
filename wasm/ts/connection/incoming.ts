/** What came through the WebSocket and the session has not taken yet. */

import { bindings, memory } from "../connection-module.js";
import { WAITING } from "./places.js";
import type { Report } from "./report.js";

/** Takes what is in the inbox, to which `part` has been written. `false`: something is to be sent first. */
export type Handle = (part?: Uint8Array) => boolean;

/** Brings WebSocket messages into the session's inbox, and holds what has to wait until something has been sent. */
export class Incoming {
  readonly #inbox: number;
  readonly #report: Report;
  readonly #handle: Handle;
  readonly #capacity = bindings().inboxCapacity();
  #held: Uint8Array[] = [];
  /** How many bytes are held. */
  size = 0;
  /** Counts WebSockets. */
  #epoch = 0;

  /** `inbox` is where the session's inbox is. */
  constructor(inbox: number, report: Report, handle: Handle) {
    this.#inbox = inbox;
    this.#report = report;
    this.#handle = handle;
  }

  /** Whether anything is held, be it without bytes of its own. */
  get isHeld(): boolean {
    return this.#held.length > 0;
  }

  /** Brings a message in. `false`: it, or the rest of it, is held. */
  take(bytes: Uint8Array): boolean {
    if (this.isHeld) return this.#hold(bytes);
    const epoch = this.#epoch;
    // What has waited there comes first.
    if (this.#report.number(WAITING) > 0 && !this.#handle()) return this.#hold(bytes);
    // What came through a WebSocket goes with it.
    for (let at = 0; at < bytes.length && epoch === this.#epoch; ) {
      const part = bytes.length > this.#capacity ? bytes.subarray(at, at + this.#capacity) : bytes;
      memory().set(part, this.#inbox);
      at += part.length;
      // A copy: a stream may have the buffer, and whoever reads that may give it away.
      if (!this.#handle(part)) return this.#hold(bytes.slice(at));
    }
    return true;
  }

  /** Hands out what is held, in order, each to be taken again. */
  release(): Uint8Array[] {
    const held = this.#held;
    this.#held = [];
    this.size = 0;
    return held;
  }

  /** The WebSocket is over, and what came through it. */
  clear(): void {
    this.release();
    this.#epoch += 1;
  }

  #hold(bytes: Uint8Array): false {
    this.#held.push(bytes);
    this.size += bytes.length;
    return false;
  }
}
