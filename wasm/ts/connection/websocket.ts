/** A {@link Link} over a WebSocket as browsers have it, or as the npm package `ws` has it, which can do more. */

import { MOVED_CODE, REFUSAL, REFUSAL_CODE } from "../subprotocol.js";
import type { Clock } from "./clock.js";
import { type Link, type LinkListener, MAX_BUFFERED } from "./link.js";

/** A WebSocket: the browser's, or one that also has what is optional here, such as that of `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "error", listener: (event: object) => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  /** The data is a Buffer, which is text where it is taken for such. */
  on?(type: "ping" | "pong", listener: (data: Uint8Array) => void): unknown;
  on?(type: "unexpected-response", listener: (request: unknown, response: UnexpectedResponse) => void): unknown;
  ping?(data: string): void;
  pause?(): void;
  resume?(): void;
}

/** The answer to a handshake that did not become a WebSocket, as `ws` reports it. */
export interface UnexpectedResponse {
  statusCode?: number | undefined;
  headers: Record<string, string | string[] | undefined>;
}

/** Makes a WebSocket. A browser's takes no options. */
export interface WebSocketConstructor {
  new (url: string, protocols: string[], options: WebSocketOptions): WebSocketLike;
}

/** What `ws` takes beside address and subprotocols. */
export interface WebSocketOptions {
  headers: Record<string, string>;
  followRedirects: false;
  perMessageDeflate: false;
}

/** How long to wait before looking again whether the WebSocket has sent what waits, in milliseconds (ours). */
const WATCH_INTERVAL = 4;

export class WebSocketLink implements Link {
  readonly canPause: boolean;
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  #listener: LinkListener | undefined;
  #watch: unknown;
  #pings = 0;

  constructor(socket: WebSocketLike, listener: LinkListener, clock: Clock) {
    this.#socket = socket;
    this.#listener = listener;
    this.#clock = clock;
    this.canPause = socket.pause !== undefined;
    // A Buffer of `ws` is a view of what was received; an ArrayBuffer of it would be a copy.
    socket.binaryType = this.canPause ? "nodebuffer" : "arraybuffer";
    this.#listen(socket);
  }

  #listen(socket: WebSocketLike): void {
    // Of one that carries a refusal nothing is told but its end.
    const listener = () => (socket.protocol === REFUSAL ? undefined : this.#listener);
    socket.addEventListener("open", () => listener()?.accepted(socket.protocol));
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") listener()?.text();
      else listener()?.message(data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array));
    });
    let failure = "";
    // Browsers do not say what went wrong. In Node an error that nobody hears would end the process.
    socket.addEventListener("error", (event: { message?: string }) => void (failure = event.message ?? ""));
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket.protocol === REFUSAL) this.#release()?.refused({ status: code - REFUSAL_CODE, reason });
      else this.#release()?.closed(code, reason || failure);
    });
    socket.on?.("ping", () => listener()?.ping());
    socket.on?.("pong", (data) => {
      // One that is no echo of ours says nothing.
      if (String(data) === String(this.#pings)) listener()?.pong();
    });
    socket.on?.("unexpected-response", (_, { statusCode, headers }) => {
      const [reason, channelId, later] = ["x-status-reason", "channel-id", "retry-after"].map((name) => headers[name]?.toString());
      // Its other form is a date, which needs two clocks that agree.
      const retryAfter = /^\d+$/.test(later ?? "") ? Number(later) : undefined;
      this.#release()?.refused({ status: statusCode ?? 0, reason: reason ?? "", channelId, retryAfter });
      socket.close();
    });
  }

  /** Nothing more is reported. */
  #release(): LinkListener | undefined {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#clock.clearTimeout(this.#watch);
    return listener;
  }

  takes(): boolean {
    return this.#socket.bufferedAmount < MAX_BUFFERED;
  }

  watch(): void {
    // Browsers do not tell when the amount falls.
    this.#watch ??= this.#clock.setTimeout(() => {
      this.#watch = undefined;
      if (this.takes()) this.#listener?.drained();
      else if (this.#listener !== undefined) this.watch();
    }, WATCH_INTERVAL);
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    // Browsers take a copy at once; `ws` may keep what it is given.
    this.#socket.send(this.canPause ? frame.slice() : frame);
  }

  ping(): boolean {
    if (this.#socket.ping === undefined) return false;
    this.#pings += 1;
    this.#socket.ping(String(this.#pings));
    return true;
  }

  pause(paused: boolean): void {
    if (paused) this.#socket.pause?.();
    else this.#socket.resume?.();
  }

  close(code: number): void {
    this.#release();
    // One that is stopped would not read the peer's close.
    this.#socket.resume?.();
    this.#socket.close(this.canPause || code === 1000 ? code : code + MOVED_CODE);
  }
}
