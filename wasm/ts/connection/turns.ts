/** Who waits for the WebSocket to take more. */

import type { Link } from "./link.js";

/** Lets each in its turn send one message, so that none starves the others. */
export class Turns {
  readonly #link: () => Link | undefined;
  readonly #queue: (() => void)[] = [];

  /** `link` gives the WebSocket there is. */
  constructor(link: () => Link | undefined) {
    this.#link = link;
  }

  /** Tries it whenever it is its turn, until there is a result. */
  async take<Result>(attempt: () => Result | undefined): Promise<Result> {
    for (let isNext = this.#queue.length === 0; ; isNext = true) {
      let turn: Promise<void>;
      try {
        const result = isNext ? attempt() : undefined;
        if (result !== undefined) return result;
        turn = new Promise((resolve) => this.#queue.push(resolve));
      } finally {
        this.passOn();
      }
      await turn;
    }
  }

  /** Who is first has the next turn, if the WebSocket takes more, or once it does. */
  passOn(): void {
    if (this.#queue.length === 0) return;
    const link = this.#link();
    if (link?.takes()) this.#queue.shift()?.();
    else link?.watch();
  }

  /** Nothing is as it was: everybody tries again. */
  wake(): void {
    for (const turn of this.#queue.splice(0)) turn();
  }
}
