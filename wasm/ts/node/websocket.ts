/** The WebSocket of the npm package `ws`, which sends headers, pings, and can be stopped. */

import type { Agent } from "node:http";
import type { ConnectionOptions } from "node:tls";

import type { WebSocketConstructor } from "../connection/websocket.js";
import * as FAULT from "../connection/fault.js";
import { MisuseError } from "../errors.js";

/** How its TLS is made, and its way, such as through a proxy. */
export interface Transport {
  tls?: ConnectionOptions | undefined;
  agent?: Agent | undefined;
}

/** Longest WebSocket message that is put together, in bytes (ours: clients split what they like, but not more than this). */
const MAX_MESSAGE = 16 * 1024 * 1024;

/** Silence after which TCP asks whether the other end is there, in milliseconds (ours: as often as pings are sent). */
const KEEP_ALIVE = 20_000;

/**
 * The package, which is there only if somebody has asked for it.
 * @internal
 */
export async function ws(): Promise<typeof import("ws")> {
  try {
    return await import("ws");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new MisuseError(FAULT.noWebSocket, "NoWebSocket", 'this needs the package "ws" of npm: npm install ws');
  }
}

/**
 * Its WebSocket, with what a caller says of the transport.
 * @internal
 */
export async function webSocket({ tls, agent }: Transport): Promise<WebSocketConstructor> {
  const { WebSocket } = await ws();
  return class extends WebSocket {
    constructor(url: string, protocols: string[], options: object) {
      super(url, protocols, { ...tls, ...(agent && { agent }), maxPayload: MAX_MESSAGE, ...options });
      // A service may leave pings unanswered, so that TCP has to find out whether it is still there.
      this.once("upgrade", ({ socket }) => socket.setKeepAlive(true, KEEP_ALIVE));
    }
  };
}
