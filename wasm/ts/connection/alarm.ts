/** The next deadline. */

import type { Clock } from "./clock.js";

/** Rings when a deadline has come, or sooner: who asked then looks himself, and sets it again. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: unknown;
  #due = Infinity;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Sets it; without a deadline it does not ring. */
  set(deadline = Infinity): void {
    // A deadline moves on with every message, and one timer for all of them is enough.
    if (deadline >= this.#due && deadline !== Infinity) return;
    this.#clock.clearTimeout(this.#timer);
    this.#due = Infinity;
    if (deadline === Infinity) return;
    const wait = Math.max(0, Math.ceil(deadline - this.#clock.now()));
    this.#timer = this.#clock.setTimeout(() => {
      this.#due = Infinity;
      this.#ring();
    }, wait);
    this.#due = deadline;
  }
}
