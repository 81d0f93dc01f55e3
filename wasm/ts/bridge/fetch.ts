/** The bridge of engines whose servers answer a `Request` by a `Response`. */

import { addressOf } from "../connection/address.js";
import { REFUSAL, TUNNEL } from "../subprotocol.js";
import { functionIfGiven } from "../values.js";
import { type AdmissionRules, admissionOf, admit } from "./admission.js";
import { UNREACHABLE, closeFrame, printable, statusOf } from "./answers.js";
import { type BridgeEvent, teller } from "./events.js";
import { type End, join, whenOpen } from "./join.js";
import { type Limits, limitsOf } from "./limits.js";

/** What comes of an attempt to reach the service. */
type Opened = { socket: End } | { status: number; reason: string };

/** What such a bridge is told once. The engine's own ways to a WebSocket are given to it, since each has another. */
export interface FetchBridgeOptions extends AdmissionRules, Limits {
  /** The data plane. */
  target: string | URL;
  /** Makes a WebSocket of a request, such as `Deno.upgradeWebSocket`; its answer names the subprotocol. */
  accept(request: Request, options: { protocol: string }): { response: Response; socket: End };
  /**
   * Opens a WebSocket with headers, or says how the service refused it. It throws if the service cannot be reached. At the
   * signal nobody wants it any more: the browser is gone, or the time is over. What is opened all the same is closed.
   */
  connect(
    url: string,
    options: { protocols: string[]; headers: Record<string, string>; signal: AbortSignal },
  ): Promise<Opened>;
  /** Is told what happens, once it has. What it throws is dropped: no connection hangs on a log. */
  onEvent?: ((event: BridgeEvent) => void) | undefined;
}

/** Most bytes that wait for a slow end whose other end cannot be stopped (ours). */
const MAX_BUFFERED = 8 * 1024 * 1024;

/**
 * As {@link bridge}, for servers in the style of fetch. Most of their WebSockets cannot be stopped: a connection whose one end
 * is too slow for the other ends at `maxBuffered`, here 8 MiB by default.
 *
 * @throws {@link MisuseError} `InvalidEndpoint`; `RangeError` for a limit that is none.
 *
 * ```ts
 * const tunnel = fetchBridge({ target, accept: Deno.upgradeWebSocket, connect });
 * Deno.serve((request) => (new URL(request.url).pathname === "/tunnel" ? tunnel(request) : page(request)));
 * ```
 */
export function fetchBridge(options: FetchBridgeOptions): (request: Request) => Promise<Response> {
  const limits = limitsOf(options, MAX_BUFFERED);
  const { maxConnections, handshakeTimeout } = limits;
  const [rules, told] = [admissionOf(options), teller(options.onEvent)];
  addressOf(options.target, "source", "target");
  functionIfGiven("accept", options.accept);
  functionIfGiven("connect", options.connect);
  const live = new Set<Request>();
  return async (request) => {
    const { method, url } = request;
    // A request of this kind has no Host header where that is in its address.
    const header = (name: string) => request.headers.get(name) ?? (name === "host" ? new URL(url).host : undefined);
    const admitted = admit({ method, url, header, isSecure: url.startsWith("https:"), isFull: live.size >= maxConnections }, rules);
    const tell = (status: number, reason: string) => {
      if (!admitted.hearsRefusal) return answer(status, reason);
      try {
        const { response, socket } = options.accept(request, { protocol: REFUSAL });
        whenOpen(socket, () => socket.close(...closeFrame(status, reason)));
        return response;
      } catch {
        // The browser is gone, as a rule: nobody reads the answer.
        return answer(status, reason);
      }
    };
    if ("status" in admitted) {
      const { status, reason } = admitted;
      told({ type: "denied", status, reason, origin: header("origin") });
      return tell(status, reason);
    }
    const { side, accessToken, clientToken } = admitted;
    const headers = { "access-token": accessToken, ...(clientToken && { "client-token": clientToken }) };
    let service: End | undefined;
    live.add(request);
    try {
      const opened = await inTime(request.signal, handshakeTimeout, (signal) =>
        options.connect(addressOf(options.target, side), { protocols: [TUNNEL], headers, signal }),
      );
      if ("status" in opened) {
        live.delete(request);
        const [status, reason] = [statusOf(opened.status), opened.reason];
        told({ type: "refused", side, status, reason, channelId: undefined });
        return tell(status, reason);
      }
      service = opened.socket;
      const { response, socket } = options.accept(request, { protocol: TUNNEL });
      join(socket, service, limits, (how) => {
        live.delete(request);
        told({ type: "closed", side, ...how });
      });
      told({ type: "opened", side });
      return response;
    } catch (error) {
      live.delete(request);
      service?.close();
      told({ type: "failed", side, reason: error instanceof Error ? error.message : String(error) });
      return tell(UNREACHABLE.status, UNREACHABLE.reason);
    }
  };
}

/** What an attempt comes to, unless the browser goes away or the time is over before. */
async function inTime(gone: AbortSignal, timeout: number, attempt: (signal: AbortSignal) => Promise<Opened>): Promise<Opened> {
  gone.throwIfAborted();
  const given = new AbortController();
  const { signal } = given;
  const giveUp = () => given.abort(new Error("the browser is gone"));
  const timer = setTimeout(() => given.abort(new Error("the service does not answer")), timeout);
  gone.addEventListener("abort", giveUp);
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      attempt(signal).then((opened) => {
        if (signal.aborted && "socket" in opened) opened.socket.close();
        resolve(opened);
      }, reject);
    });
  } finally {
    clearTimeout(timer);
    gone.removeEventListener("abort", giveUp);
  }
}

function answer(status: number, reason: string): Response {
  const text = printable(reason);
  return new Response(`${text}\n`, { status, headers: { "x-status-reason": text } });
}
