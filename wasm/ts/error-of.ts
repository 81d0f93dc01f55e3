/**
 * The entry `iot-tunnel/errors`: every error there is by its number, also those of the C library and of programs in Rust,
 * for who shows what a device has logged. It needs no `init`.
 *
 * @packageDocumentation
 */

import { ELSEWHERE, THROWN } from "./error-table.js";
import { type TunnelError, errorIn } from "./errors.js";
import { number } from "./values.js";

export * from "./error-classes.js";

/** The error of a number, as it would be thrown, with its general text; nothing if there is none. */
export function errorOf(of: number): TunnelError | undefined {
  if (!Number.isInteger(number("number", of))) return undefined;
  return errorIn(ELSEWHERE, of) ?? errorIn(THROWN, of);
}
