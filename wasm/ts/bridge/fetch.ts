/** The bridge of engines whose servers answer a `Request` by a `Response`. */

import { addressOf } from "../connection/address.js";
import { REFUSAL, REFUSAL_CODE, TUNNEL } from "../subprotocol.js";
import { type AdmissionRules, admit } from "./admission.js";
import type { BridgeEvent } from "./events.js";
import { type End, type Limits, join, whenOpen } from "./join.js";

/** What such a bridge is told once. The engine's own ways to a WebSocket are given to it, since each has another. */
export interface FetchBridgeOptions extends AdmissionRules, Limits {
  /** The data plane. */
  target: string | URL;
  /** Makes a WebSocket of a request, such as `Deno.upgradeWebSocket`; its answer names the subprotocol. */
  accept(request: Request, options: { protocol: string }): { response: Response; socket: End };
  /** Opens a WebSocket with headers, or says how the service refused it. It throws if the service cannot be reached. */
  connect(
    url: string,
    options: { protocols: string[]; headers: Record<string, string> },
  ): Promise<{ socket: End } | { status: number; reason: string }>;
  /** Is told what happens. */
  onEvent?: ((event: BridgeEvent) => void) | undefined;
}

/** Most bytes that wait for a slow end whose other end cannot be stopped (ours). */
const MAX_BUFFERED = 8 * 1024 * 1024;

/**
 * As {@link bridge}, for servers in the style of fetch. Most of their WebSockets cannot be stopped: a connection whose one end
 * is too slow for the other ends at `maxBuffered`, here 8 MiB by default.
 *
 * ```ts
 * const tunnel = fetchBridge({ target, accept: Deno.upgradeWebSocket, connect });
 * Deno.serve((request) => (new URL(request.url).pathname === "/tunnel" ? tunnel(request) : page(request)));
 * ```
 */
export function fetchBridge(options: FetchBridgeOptions): (request: Request) => Promise<Response> {
  const { onEvent } = options;
  return async (request) => {
    // A request of this kind has no Host header where that is in its address.
    const header = (name: string) => request.headers.get(name) ?? (name === "host" ? new URL(request.url).host : undefined);
    const admitted = admit(request.method, request.url, header, options);
    if ("status" in admitted) {
      onEvent?.({ type: "denied", ...admitted, origin: header("origin") });
      return answer(admitted.status, admitted.reason);
    }
    const { side, accessToken, clientToken, hearsRefusal } = admitted;
    const headers = { "access-token": accessToken, ...(clientToken && { "client-token": clientToken }) };
    try {
      const opened = await options.connect(addressOf(options.target, side), { protocols: [TUNNEL], headers });
      if ("status" in opened) {
        const { status, reason } = opened;
        onEvent?.({ type: "refused", side, status, reason, channelId: undefined });
        if (!hearsRefusal) return answer(status, reason);
        const { response, socket } = options.accept(request, { protocol: REFUSAL });
        whenOpen(socket, () => socket.close(REFUSAL_CODE + status, reason.slice(0, 123)));
        return response;
      }
      const { response, socket } = options.accept(request, { protocol: TUNNEL });
      join(socket, opened.socket, { maxBuffered: MAX_BUFFERED, ...options }, (how) => onEvent?.({ type: "closed", side, ...how }));
      onEvent?.({ type: "opened", side });
      return response;
    } catch (error) {
      onEvent?.({ type: "failed", side, reason: error instanceof Error ? error.message : String(error) });
      return answer(502, "the service cannot be reached");
    }
  };
}

function answer(status: number, reason: string): Response {
  const text = reason.replace(/[^ -~]/g, "?");
  return new Response(`${text}\n`, { status, headers: { "x-status-reason": text } });
}
