/** The streams that a destination's peer has started. */

import type { TunnelStream } from "./stream.js";

interface Taker {
  service: string | undefined;
  take(stream: TunnelStream | undefined): void;
}

/** Hands each stream to one who waits for its service, in the order of coming. */
export class Arrivals {
  #streams: TunnelStream[] = [];
  #takers: Taker[] = [];
  #isOver = false;

  add(stream: TunnelStream): void {
    const taker = this.#takers.find(({ service }) => service === undefined || service === stream.service);
    if (taker === undefined) this.#streams.push(stream);
    else this.#serve(taker, stream);
  }

  /** No more will come. What has come can still be taken. */
  end(): void {
    this.#isOver = true;
    for (const taker of this.#takers) taker.take(undefined);
    this.#takers = [];
  }

  #serve(taker: Taker, stream: TunnelStream | undefined): void {
    this.#takers = this.#takers.filter((other) => other !== taker);
    taker.take(stream);
  }

  /** Those of a service, or of any. Ends with the connection. */
  iterate(service: string | undefined): AsyncIterableIterator<TunnelStream> {
    const mine: Taker[] = [];
    let isDone = false;
    return {
      next: () =>
        new Promise((resolve) => {
          const take = (value: TunnelStream | undefined) => resolve(value ? { value, done: false } : { value, done: true });
          const index = this.#streams.findIndex((stream) => service === undefined || service === stream.service);
          if (isDone || (this.#isOver && index < 0)) return take(undefined);
          if (index >= 0) return take(this.#streams.splice(index, 1)[0]);
          const taker = { service, take };
          mine.push(taker);
          this.#takers.push(taker);
        }),
      return: async () => {
        isDone = true;
        for (const taker of mine) if (this.#takers.includes(taker)) this.#serve(taker, undefined);
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
