/** `rotate_requests.json`: every body is judged as the service judges it, and what is wrong is named. */

import { fromBase64, run, same } from "./check.js";

export function rotateRequests(file, tunnel) {
  return [
    run("rotate_requests.json", file.cases, (one) => {
      const request = tunnel.parseRotateRequest(fromBase64(one.body_base64));
      if (one.ok) {
        same("verdict", request.ok, true);
        const { destinationConfig: config = null } = request.input;
        const read = config && { thingName: config.thingName ?? null, services: config.services };
        same("request", { ...request.input, destinationConfig: read }, one.ok);
        // What may be sent is what was read, by whichever way it was made.
        same("again", tunnel.rotateRequest(request.input), request);
        return;
      }
      same("exception", request.exception, one.error);
      same("a violation at least", request.violations.length > 0, true);
      if (one.error === "ValidationException") {
        const members = new Set(request.violations.map(({ member }) => member));
        same("members", [...members].sort(), [...one.members].sort());
      }
    }),
  ];
}
