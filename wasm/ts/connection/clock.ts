/** Time, as a connection sees it. */

import { method, number, object } from "../values.js";

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
const engineClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/**
 * The clock that an option names, or the engine's. A session asks in the middle of its work, where nothing may be thrown: if a
 * caller's clock fails later, or goes back, it is as late as it was.
 */
export function clockOf(given: Clock | undefined): Clock {
  if (given === undefined) return engineClock;
  const clock = object("clock", given);
  for (const name of ["now", "setTimeout", "clearTimeout"] as const) method(`clock.${name}`, clock[name]);
  let latest = number("what clock.now() gives", clock.now());
  return {
    now() {
      try {
        latest = Math.max(latest, number("it", clock.now()) || latest);
      } catch {
        // As late as it was.
      }
      return latest;
    },
    setTimeout: (callback, milliseconds) => clock.setTimeout(callback, milliseconds),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}
