/** Which of a session's services a name means. */

import { MisuseError } from "../errors.js";
import { unknownService } from "./fault.js";

/**
 * The place of a service in the session's list, which `services` are the names of. Without those there is one, whose name
 * the tunnel has `said` once it is open, if it has one.
 */
export function placeOf(
  service: string | undefined,
  services: readonly string[] | undefined,
  said: readonly (string | undefined)[] | undefined,
): number {
  if (services === undefined) {
    if (service === undefined || said === undefined || said.includes(service)) return 0;
  } else if (service === undefined) {
    if (services.length === 1) return 0;
  } else if (services.includes(service)) {
    return services.indexOf(service);
  }
  const names = (services ?? said ?? []).filter((name) => name !== undefined).join(", ");
  const what = service === undefined ? "a service must be named" : `no service "${service}"`;
  throw new MisuseError(unknownService, "UnknownService", `${what}: this connection has ${names || "one without a name"}`);
}
