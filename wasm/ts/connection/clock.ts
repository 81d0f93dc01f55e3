/** Time, as a connection sees it. */

import { finite, method, object } from "../values.js";

/** A clock and its alarm. Tests give one of their own. `setTimeout` and `clearTimeout` must not throw. */
export interface Clock {
  /** Milliseconds since any moment; it never goes back. It is asked in the middle of things: it must not call the connection. */
  now(): number;
  /** Calls back once after that many milliseconds. */
  setTimeout(callback: () => void, milliseconds: number): unknown;
  /** Takes back what `setTimeout` gave. */
  clearTimeout(timer: unknown): void;
}

/** The engine's. */
const engineClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/**
 * The clock that an option names, from now on, or the engine's. A session asks in the middle of its work, where nothing may be
 * thrown: if a caller's clock fails later, or goes back, it is as late as it was.
 */
export function clockOf(given: Clock | undefined): Clock {
  if (given === undefined) return engineClock;
  const clock = object("clock", given);
  for (const name of ["now", "setTimeout", "clearTimeout"] as const) method(`clock.${name}`, clock[name]);
  const start = finite("what clock.now() gives", clock.now());
  let latest = 0;
  return {
    now() {
      try {
        const now = clock.now() - start;
        if (now > latest && now !== Infinity) latest = now;
      } catch {
        // As late as it was.
      }
      return latest;
    },
    setTimeout: (callback, milliseconds) => clock.setTimeout(callback, milliseconds),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}
