/** Which stream holds up the others for too long. */

import { Alarm } from "./alarm.js";
import type { Clock } from "./clock.js";
import type { Stream } from "./stream.js";

/** What a {@link Stall} asks of the connection. */
export interface StallOwner {
  /** The streams because of which the peer is stopped. */
  holders(): Stream[];
  /** Whether streams beside those are open that the peer may want to send bytes of. */
  hasOthers(holders: Stream[]): boolean;
  /** The reader of that stream has taken nothing for too long. */
  stalled(stream: Stream): void;
}

/** Watches a peer that is stopped because of what waits to be read. All streams of a WebSocket are stopped with it. */
export class Stall {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #owner: StallOwner;
  readonly #alarm: Alarm;
  /** When the peer was stopped. */
  #since: number | undefined;
  /** Whether another stream was opened or written to after that. */
  #othersWait = false;

  /** `limit` is the longest time without a byte taken, in milliseconds; 0: any time is short enough. */
  constructor(clock: Clock, limit: number, owner: StallOwner) {
    this.#clock = clock;
    this.#limit = limit;
    this.#owner = owner;
    this.#alarm = new Alarm(clock, () => this.#look());
  }

  /** The peer is stopped, or (`false`) goes on. */
  set(isStopped: boolean): void {
    if (this.#limit === 0 || isStopped === (this.#since !== undefined)) return;
    this.#othersWait = false;
    this.#since = isStopped ? this.#clock.now() : undefined;
    this.#alarm.set(this.#since === undefined ? undefined : this.#since + this.#limit);
  }

  /** The reader of a stream has taken something. */
  taken(stream: Stream): void {
    if (this.#since !== undefined) stream.takenAt = this.#clock.now();
  }

  /** A stream was opened or written to. */
  used(stream: Stream): void {
    if (this.#since === undefined || this.#owner.holders().includes(stream)) return;
    this.#othersWait = true;
    this.#look();
  }

  #look(): void {
    const since = this.#since;
    if (since === undefined) return;
    const holders = this.#owner.holders();
    if (!this.#othersWait && !this.#owner.hasOthers(holders)) return;
    const now = this.#clock.now();
    for (const stream of holders) {
      const due = Math.max(since, stream.takenAt) + this.#limit;
      if (due <= now) this.#owner.stalled(stream);
      else this.#alarm.set(due);
    }
  }
}
