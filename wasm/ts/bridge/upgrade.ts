/** The bridge of Node: a handler of `http.Server`'s event `upgrade`. */

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { WebSocket, WebSocketServer } from "ws";

import { addressOf } from "../connection/address.js";
import { type Transport, ws } from "../node/websocket.js";
import { REFUSAL, TUNNEL } from "../subprotocol.js";
import { type AdmissionRules, admissionOf, admit } from "./admission.js";
import { UNREACHABLE, closeFrame, printable, statusOf } from "./answers.js";
import { type BridgeEvent, teller } from "./events.js";
import { join } from "./join.js";
import { type Limits, limitsOf } from "./limits.js";

/** What a bridge is told once. */
export interface BridgeOptions extends AdmissionRules, Limits, Transport {
  /** The data plane, such as `wss://data.tunneling.iot.eu-west-1.amazonaws.com`. */
  target: string | URL;
  /** Is told what happens, once it has. What it throws is dropped: no connection hangs on a log. */
  onEvent?: ((event: BridgeEvent) => void) | undefined;
}

/** A bridge at work. */
export interface Bridge {
  /** Handles an upgrade: hand it every one that is for the tunnel. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Connections at the moment, those that are being made too. */
  readonly connections: number;
  /** Ends all connections (1001). */
  close(): void;
}

/** Longest wait for a browser that was refused to close its WebSocket, in milliseconds (ours). */
const CLOSE_TIMEOUT = 5_000;

/**
 * Makes a bridge for browsers, which cannot send an access token as a header: it takes the token from the subprotocols or from
 * a cookie, says it to the service as a header, and passes messages on, in both directions as slowly as the slower end wants.
 * Mount it at the origin of your own page. A refusal of the service, or of the bridge, is the handshake's status, with the
 * reason in `x-status-reason`; for a {@link TunnelConnection} it comes in a close frame, since a page is not told a status.
 *
 * ```ts
 * const tunnels = await bridge({ target: "wss://data.tunneling.iot.eu-west-1.amazonaws.com" });
 * server.on("upgrade", (request, socket, head) => {
 *   if (request.url.startsWith("/tunnel?")) tunnels.upgrade(request, socket, head);
 *   else socket.destroy();
 * });
 * ```
 *
 * @throws {@link MisuseError} `NoWebSocket` without the npm package `ws`, `InvalidEndpoint`; `RangeError` for a limit that is none.
 */
export async function bridge(options: BridgeOptions): Promise<Bridge> {
  const { WebSocket, WebSocketServer } = await ws();
  const limits = limitsOf(options);
  const { maxMessage, maxConnections, handshakeTimeout } = limits;
  const [rules, told] = [admissionOf(options), teller(options.onEvent)];
  addressOf(options.target, "source", "target");
  const frames = { maxPayload: maxMessage, perMessageDeflate: false } as const;
  const server = (protocol: string) => new WebSocketServer({ noServer: true, clientTracking: false, handleProtocols: () => protocol, ...frames });
  const [tunnels, refusals] = [server(TUNNEL), server(REFUSAL)];
  const live = new Set<WebSocket>();

  const handle: Bridge["upgrade"] = (request, socket, head) => {
    const header = (name: string) => request.headers[name]?.toString();
    const isSecure = (request.socket as Partial<TLSSocket>).encrypted === true;
    const admitted = admit({ method: request.method ?? "", url: request.url ?? "/", header, isSecure, isFull: live.size >= maxConnections }, rules);
    const tell = (status: number, reason: string, channelId?: string) => {
      if (admitted.hearsRefusal) refuse(refusals, request, socket, head, status, reason);
      else answer(socket, status, reason, channelId);
    };
    if ("status" in admitted) {
      const { status, reason } = admitted;
      tell(status, reason);
      return told({ type: "denied", status, reason, origin: header("origin") });
    }
    const { side, accessToken, clientToken } = admitted;
    const service = new WebSocket(addressOf(options.target, side), [TUNNEL], {
      ...options.tls,
      ...(options.agent && { agent: options.agent }),
      ...frames,
      handshakeTimeout,
      headers: { "access-token": accessToken, ...(clientToken && { "client-token": clientToken }) },
    });
    live.add(service);
    service.once("close", () => live.delete(service));
    const unwatch = watch(socket, () => service.terminate());
    let isAnswered = false;
    service.once("unexpected-response", (_, { statusCode = 0, headers }) => {
      isAnswered = true;
      unwatch();
      const status = statusOf(statusCode);
      const reason = String(headers["x-status-reason"] ?? "");
      const channelId = headers["channel-id"]?.toString();
      tell(status, reason, channelId);
      service.terminate();
      told({ type: "refused", side, status, reason, channelId });
    });
    service.on("error", (error) => {
      if (isAnswered) return;
      isAnswered = true;
      unwatch();
      tell(UNREACHABLE.status, UNREACHABLE.reason);
      told({ type: "failed", side, reason: error.message });
    });
    service.once("open", () => {
      isAnswered = true;
      unwatch();
      let isJoined = false;
      // It calls back at once, or has answered the browser itself.
      tunnels.handleUpgrade(request, socket, head, (browser) => {
        isJoined = true;
        join(browser, service, limits, (how) => told({ type: "closed", side, ...how }));
        told({ type: "opened", side });
      });
      if (!isJoined) service.terminate();
    });
  };

  return {
    upgrade(request, socket, head) {
      // It is told by what follows from it.
      socket.on("error", () => {});
      try {
        handle(request, socket, head);
      } catch (error) {
        // Such as an `agent` that is none. Nobody's request may end the server.
        socket.destroy();
        told({ type: "denied", status: 500, reason: String(error), origin: request.headers.origin });
      }
    },
    get connections() {
      return live.size;
    },
    close() {
      for (const service of live) service.close(1001);
    },
  };
}

/** Looks whether a browser goes away before it is answered. One that says something before is none. */
function watch(socket: Duplex, gone: () => void): () => void {
  const chatter = () => socket.destroy();
  // Without being read it would not be seen to end.
  socket.on("data", chatter).once("end", gone).once("close", gone);
  return () => void socket.off("data", chatter).off("end", gone).off("close", gone);
}

/** Tells a browser of a refusal in the only way that its page hears. */
function refuse(server: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer, status: number, reason: string): void {
  server.handleUpgrade(request, socket, head, (browser) => {
    browser.on("error", () => {});
    browser.close(...closeFrame(status, reason));
    const patience = setTimeout(() => browser.terminate(), CLOSE_TIMEOUT);
    browser.once("close", () => clearTimeout(patience));
  });
}

/** Answers a handshake by a status. */
function answer(socket: Duplex, status: number, reason: string, channelId?: string): void {
  const text = printable(reason);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "connection: close",
    "content-type: text/plain; charset=utf-8",
    `content-length: ${text.length + 1}`,
    `x-status-reason: ${text}`,
    ...(channelId === undefined ? [] : [`channel-id: ${printable(channelId)}`]),
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}\n`);
}
