/** `notifications.json`: a notification is read whole, or refused whole. */

import { fromBase64, run, same, thrown } from "./check.js";

export function notifications(file, tunnel) {
  return [
    run("notifications.json", file.cases, (one) => {
      const payload = fromBase64(one.body_base64);
      if (one.ok) return same("notification", tunnel.parseNotification(payload), one.ok);
      const error = thrown(() => tunnel.parseNotification(payload));
      same("an error of the package", error instanceof tunnel.TunnelError, true);
    }),
  ];
}
