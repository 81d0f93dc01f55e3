/** Looking an error up by its number. */

import { bindings } from "./connection-module.js";
import type { TunnelError } from "./errors.js";

/** The error of a number, as it would be thrown, with its general text; nothing if there is none. */
export function errorOf(number: number): TunnelError | undefined {
  return bindings().errorOf(number) as TunnelError | undefined;
}
