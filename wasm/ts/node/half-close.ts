/** Connections whose application has ended its sending side and may still wait for an answer. */

/** One such connection. The protocol cannot say that one direction has ended, so the end of both waits for a silence. */
export class HalfClose {
  readonly #silence: number;
  readonly #others: Set<HalfClose>;
  #timer: NodeJS.Timeout | undefined;
  #over!: () => void;
  /** Done when there is nothing more to wait for. */
  readonly over = new Promise<void>((resolve) => (this.#over = resolve));
  /** Done when the connection in the tunnel has ended. */
  ended: Promise<unknown> = this.over;
  #isWaiting = false;
  #isHeld = false;

  /** `silence` in milliseconds; `others` are those that wait in the same table of connections, the longest silent first. */
  constructor(silence: number, others: Set<HalfClose>) {
    this.#silence = silence;
    this.#others = others;
  }

  /** Waits until the other side has been silent for long enough, or {@link end}. */
  async wait(): Promise<void> {
    this.#isWaiting = true;
    if (!this.#isHeld) this.heard();
    await this.over;
  }

  /** A byte came from the other side, or the application takes bytes again. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#isHeld = false;
    if (!this.#isWaiting) return;
    this.#others.delete(this);
    this.#others.add(this);
    this.#timer = setTimeout(() => this.end(), this.#silence);
  }

  /** The application takes no more for now: that is no silence of the other side. */
  hold(): void {
    clearTimeout(this.#timer);
    this.#isHeld = true;
  }

  /** Waits no longer. */
  end(): void {
    clearTimeout(this.#timer);
    this.#isWaiting = false;
    this.#others.delete(this);
    this.#over();
  }
}

/** Ends the one that has been silent the longest, so that another connection has its place. `false`: there is none. */
export async function makeRoom(halfClosed: Set<HalfClose>): Promise<boolean> {
  const [longest] = halfClosed;
  longest?.end();
  await longest?.ended;
  return longest !== undefined;
}
