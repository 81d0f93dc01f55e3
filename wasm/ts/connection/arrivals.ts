/** The streams that a destination's peer has started. */

import type { Stream, TunnelStream } from "./stream.js";

/** Streams of a service that wait to be taken (ours: as many connections as Linux long let wait for a server). */
const MAX_UNTAKEN = 128;

interface Taker {
  service: string | undefined;
  /** The iterator that waits. */
  by: object;
  take(stream: Stream | undefined): void;
}

/** Hands each stream to one who waits for its service, in the order of coming. */
export class Arrivals {
  #streams: Stream[] = [];
  #takers: Taker[] = [];
  #isOver = false;

  /** Whether it has a place for it. */
  add(stream: Stream): boolean {
    const taker = this.#takers.find(({ service }) => service === undefined || service === stream.service);
    if (taker !== undefined) {
      this.#serve(taker, stream);
      return true;
    }
    this.#forget();
    const isFull = this.#streams.filter(({ service }) => service === stream.service).length >= MAX_UNTAKEN;
    if (!isFull) this.#streams.push(stream);
    return !isFull;
  }

  /** Of what has ended, only what can still be read is worth anything. */
  #forget(): void {
    this.#streams = this.#streams.filter(({ over, waiting }) => over === undefined || waiting > 0);
  }

  /** No more will come. What has come can still be taken. */
  end(): void {
    this.#isOver = true;
    for (const taker of this.#takers) taker.take(undefined);
    this.#takers = [];
  }

  #serve(taker: Taker, stream: Stream | undefined): void {
    this.#takers = this.#takers.filter((other) => other !== taker);
    taker.take(stream);
  }

  /** Those of a service, or of any. Ends with the connection. */
  iterate(service: string | undefined): AsyncIterableIterator<TunnelStream> {
    let isDone = false;
    const iterator: AsyncIterableIterator<TunnelStream> = {
      next: () =>
        new Promise((resolve) => {
          const take = (value: Stream | undefined) => {
            if (value === undefined) return resolve({ value, done: true });
            value.isTaken = true;
            resolve({ value, done: false });
          };
          this.#forget();
          const index = this.#streams.findIndex((stream) => service === undefined || service === stream.service);
          if (isDone || (this.#isOver && index < 0)) return take(undefined);
          if (index >= 0) return take(this.#streams.splice(index, 1)[0]);
          this.#takers.push({ service, by: iterator, take });
        }),
      return: async () => {
        isDone = true;
        for (const taker of this.#takers) if (taker.by === iterator) this.#serve(taker, undefined);
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    return iterator;
  }
}
