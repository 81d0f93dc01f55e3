/** `ids.json`: every identifier is valid or not, and whoever refuses says why. */

import { run, same, thrown } from "./check.js";

export function ids(file, tunnel) {
  const kinds = {
    tunnelId: [tunnel.parseTunnelId, "InvalidTunnelId"],
    thingName: [tunnel.parseThingName, "InvalidThingName"],
    service: [tunnel.parseServiceId, "InvalidServiceId"],
    clientToken: [tunnel.parseClientToken, "InvalidClientToken"],
  };
  return Object.entries(kinds).map(([kind, [parse, code]]) =>
    run(`ids.json ${kind}`, file[kind], ({ value, valid }) => {
      if (valid) return same("value", parse(value), value);
      const error = thrown(() => parse(value));
      same("error", [error.code, error.party, error instanceof tunnel.MisuseError], [code, "caller", true]);
    }),
  );
}
