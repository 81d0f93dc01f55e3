/**
 * The entry `iot-tunnel/errors`: every error there is by its number, also those of the C library and of programs in Rust,
 * for who shows what a device has logged. It needs no `init`.
 *
 * @packageDocumentation
 */

import { ELSEWHERE, THROWN } from "./error-table.js";
import { type TunnelError, errorIn } from "./errors.js";

export * from "./error-classes.js";

/** The error of a number, as it would be thrown, with its general text; nothing if there is none. */
export function errorOf(number: number): TunnelError | undefined {
  return errorIn(ELSEWHERE, number) ?? errorIn(THROWN, number);
}
