/** What goes through a link: bytes each second, and how long an answer takes. */

/** How many seconds are kept. */
export const KEPT_SECONDS = 60;
/** How many round trips are kept. */
const KEPT_TRIPS = 60;
/** An answer that comes later than this is one to something else. */
const LATEST_ANSWER_MS = 10_000;

/** Bytes of one second. */
export interface Second {
  readonly inward: number;
  readonly outward: number;
}

/** Counts. */
export class Traffic {
  readonly #seconds: Second[] = [];
  readonly #trips: number[] = [];
  #inward = 0;
  #outward = 0;
  #asked: number | undefined;

  /** The last seconds, oldest first. */
  get seconds(): readonly Second[] {
    return this.#seconds;
  }

  /** The last round trips in milliseconds, oldest first. */
  get trips(): readonly number[] {
    return this.#trips;
  }

  /** Bytes went out; `awaitsAnswer` if what comes next is likely the answer to them. */
  sent(bytes: number, awaitsAnswer = false): void {
    this.#outward += bytes;
    if (awaitsAnswer) this.#asked = performance.now();
  }

  /** Bytes came in. */
  received(bytes: number): void {
    this.#inward += bytes;
    if (this.#asked === undefined) return;
    const took = performance.now() - this.#asked;
    this.#asked = undefined;
    if (took > LATEST_ANSWER_MS) return;
    keep(this.#trips, took, KEPT_TRIPS);
  }

  /** A second is over. */
  tick(): void {
    keep(this.#seconds, { inward: this.#inward, outward: this.#outward }, KEPT_SECONDS);
    this.#inward = 0;
    this.#outward = 0;
  }
}

function keep<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) list.shift();
}

const UNITS = ["B", "kB", "MB", "GB"];

/** A number of bytes as a person reads it. */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}
