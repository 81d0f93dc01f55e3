/** Time, as a connection sees it. */

/** A clock and its alarm. Tests give one of their own. */
export interface Clock {
  /** Milliseconds since any moment; it never goes back. */
  now(): number;
  /** Calls back once after that many milliseconds. */
  setTimeout(callback: () => void, milliseconds: number): unknown;
  /** Takes back what `setTimeout` gave. */
  clearTimeout(timer: unknown): void;
}

/** The engine's. */
export const engineClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
