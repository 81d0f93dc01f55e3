/** The streams that a destination's peer has started. */

import type { Stream, TunnelStream } from "./stream.js";

/** Streams of a service that wait to be taken (ours: as many connections as Linux long let wait for a server). */
const MAX_UNTAKEN = 128;

interface Taker {
  wants(stream: Stream): boolean;
  take(stream: Stream | undefined): void;
  /** The iterator that waits. */
  by: object;
}

/** Hands each stream to one who waits for its service, in the order of coming. */
export class Arrivals {
  #streams: Stream[] = [];
  #takers: Taker[] = [];
  #isOver = false;

  /** A stream for which there is no place is reset. */
  add(stream: Stream): void {
    const taker = this.#takers.find(({ wants }) => wants(stream));
    this.#forget();
    if (taker !== undefined) this.#serve(taker, stream);
    else if (this.#streams.filter(({ service }) => service === stream.service).length < MAX_UNTAKEN) this.#streams.push(stream);
    else stream.reset();
  }

  /** Of what has ended, only what can still be read is worth anything. */
  #forget(): void {
    this.#streams = this.#streams.filter(({ over, waiting }) => over === undefined || waiting > 0);
  }

  /** No more will come. What has come can still be taken. */
  end(): void {
    this.#isOver = true;
    for (const taker of this.#takers) this.#serve(taker, undefined);
  }

  #serve(taker: Taker, stream: Stream | undefined): void {
    this.#takers = this.#takers.filter((other) => other !== taker);
    taker.take(stream);
  }

  /** Those of a service, or of any. Ends with the connection. */
  iterate(service: string | undefined): AsyncIterableIterator<TunnelStream> {
    const wants = (stream: Stream): boolean => service === undefined || service === stream.service;
    let isDone = false;
    const iterator: AsyncIterableIterator<TunnelStream> = {
      next: () =>
        new Promise((resolve) => {
          const take = (value: Stream | undefined): void => {
            if (value === undefined) return resolve({ value, done: true });
            value.isTaken = true;
            resolve({ value, done: false });
          };
          this.#forget();
          const index = isDone ? -1 : this.#streams.findIndex(wants);
          if (index >= 0) take(this.#streams.splice(index, 1)[0]);
          else if (isDone || this.#isOver) take(undefined);
          else this.#takers.push({ wants, take, by: iterator });
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
