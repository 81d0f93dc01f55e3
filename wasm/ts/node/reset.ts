/** How a local connection is reset. */

import type { Socket } from "node:net";

/**
 * Resets it at once, whatever waits to be written. Node's own `resetAndDestroy()` first writes all of that and sends a FIN, which
 * an application can take for an orderly end; the flag that it sets is what makes a reset of `destroy()`.
 */
export function reset(socket: Socket): void {
  // While a FIN is being sent libuv refuses to reset.
  const isSendingFin = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
  if (!isSendingFin) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
