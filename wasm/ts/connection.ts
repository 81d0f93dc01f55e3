/** A client's end of a tunnel, source or destination, over WebSockets. */

import { type TokenPlace, addressOf, opener } from "./connection/address.js";
import { Arrivals } from "./connection/arrivals.js";
import { Asker, type GetToken } from "./connection/asker.js";
import { type Clock, clockOf } from "./connection/clock.js";
import type { ConnectionState, TokenTaken } from "./connection/config.js";
import { Driver } from "./connection/driver.js";
import { ConnectionErrorEvent, StateChangeEvent, TokenEvent, type TunnelConnectionEventMap } from "./connection/events.js";
import * as FAULT from "./connection/fault.js";
import type { TunnelStream } from "./connection/stream.js";
import type { WebSocketConstructor } from "./connection/websocket.js";
import type { Listener, ListenerOptions } from "./engine-types.js";
import { RefusalError, type TunnelError, tunnelError } from "./errors.js";
import { type Side, parseClientToken } from "./rules.js";
import { MAX_TIME, functionIfGiven, number, object, signalIfGiven, text, textIfGiven, texts, wholeNumber } from "./values.js";

/** What a connection is told once. */
export interface TunnelConnectionOptions {
  /**
   * Where to connect: the data plane, `wss://data.tunneling.iot.<region>.amazonaws.com`, or a bridge, which in a page may be
   * relative, such as `/tunnel`.
   */
  url: string | URL;
  /** The end of the tunnel that this is. */
  side: Side;
  /**
   * The services that a source opens streams to, or that a destination serves: 1 to 3. Without them one service, whatever
   * the tunnel calls it.
   */
  services?: readonly string[] | undefined;
  /** The access token. Without one the connection begins in `awaiting-token`. For `cookie`: any name for what is in there. */
  accessToken?: string | undefined;
  /**
   * Gets an access token whenever one is needed, such as from your server. If it throws, or gives one that the service refuses,
   * it is asked again: after 1 s, then after twice as long each time, up to 60 s. What it throws is the `cause` of an `error`.
   */
  getToken?: GetToken | undefined;
  /**
   * What goes with it, so that it can be used again after a drop: {@link parseClientToken | 32 to 128 characters}, by default a
   * fresh one. `null`: none; the access token can be used once.
   */
  clientToken?: string | null | undefined;
  /** How the tokens travel; by default as subprotocols. */
  tokenIn?: TokenPlace | undefined;
  /** What makes WebSockets, if not the engine. */
  WebSocket?: WebSocketConstructor | undefined;
  /** At a source: the newest format that the destination knows; `V3` by default. */
  format?: "V1" | "V2" | "V3" | undefined;
  /**
   * Ceiling of the waits before the next attempt after a failed one or a drop, in milliseconds: 0 to 120,000. By default 5,000 at a
   * source, where mostly a person waits, and 120,000 at a destination, which may be one of many. The first attempt after a drop
   * is made at once. A service that answers 408, 429 or 5xx is given up to 120 s, and what its `Retry-After` says.
   */
  maxBackoff?: number | undefined;
  /** Longest payload of a message that is sent, in bytes: 1 to 64,512. Less if the peers agreed on less. */
  maxPayload?: number | undefined;
  /**
   * Most memory for what waits to be read, in all streams together, in bytes: at least 1. Each message counts
   * as the buffer that it keeps and 384 bytes, so that many short ones are fewer bytes of payload. The WebSocket of `ws` can be
   * stopped and is, so that a slow reader slows its peer; 8 MiB by default. The WebSocket of a browser cannot be stopped: at the
   * limit, 64 MiB by default, the stream that has most waiting fails with `ReceiveLimitExceeded`, and the others go on.
   */
  receiveLimit?: number | undefined;
  /**
   * Longest time for which a stream whose reader takes nothing may hold up other streams, in milliseconds: 10,000 by default; 0
   * for any time. Matters where the WebSocket can be stopped: that stops every stream in it. When the time is over the stream
   * fails with `ReceiveLimitExceeded`, also as an `error` of the connection, and the others go on. A stream that holds up no
   * other one may wait for as long as its reader likes.
   */
  stallLimit?: number | undefined;
  /** Another clock than the engine's. */
  clock?: Clock | undefined;
  /** Closes the connection when it is aborted; whatever waits gets its reason. */
  signal?: AbortSignal | undefined;
}

/** Longest time for which a reader that takes nothing may hold up other streams, in milliseconds (ours). */
const STALL_LIMIT = 10_000;
/** Ceiling of the waits before another attempt, in milliseconds: for a person (ours), and for a fleet (data-plane.md §5). */
const MAX_BACKOFF = { source: 5_000, destination: 120_000 };
/** Longest payload of a message (data-plane.md §3). */
const MAX_PAYLOAD = 64_512;

/** Adds the types of its events to a connection. */
export interface TunnelConnection {
  /** Listens to an event of a connection: see {@link TunnelConnectionEventMap}. */
  addEventListener<K extends keyof TunnelConnectionEventMap>(
    type: K,
    listener: (this: TunnelConnection, event: TunnelConnectionEventMap[K]) => void,
    options?: ListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: ListenerOptions,
  ): void;
  /** Listens no more. */
  removeEventListener<K extends keyof TunnelConnectionEventMap>(
    type: K,
    listener: (this: TunnelConnection, event: TunnelConnectionEventMap[K]) => void,
    options?: ListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: ListenerOptions,
  ): void;
}

/**
 * A client's end of a tunnel. It connects at once, connects again after a drop by itself, and lives through rotations: hand
 * it each new token by {@link replaceToken}. Streams end with the WebSocket that they came through.
 *
 * Its events are `statechange`, `token` and `error`; they come after the call that caused them has returned, and the first ones
 * after whoever has made it, be it in a function that he awaits, has begun to listen.
 *
 * ```ts
 * const connection = new TunnelConnection({ url: "/tunnel", side: "source", services: ["SSH"], getToken });
 * const stream = await connection.open("SSH");
 * await stream.readable.pipeTo(terminal);
 * ```
 */
export class TunnelConnection extends EventTarget {
  /** The end of the tunnel that this is. */
  readonly side: Side;
  readonly #driver: Driver;
  readonly #asker: Asker | undefined;
  readonly #arrivals = new Arrivals();
  readonly #clock: Clock;
  #state: ConnectionState = "awaiting-token";
  /**
   * Done once whoever has just made it listens. Not a microtask: what somebody awaits who has made it, such as `connect` of
   * `iot-tunnel/node`, would come after that.
   */
  readonly #made = new Promise<void>((resolve) => setTimeout(resolve));
  /** The latest refusal. */
  #refusal: RefusalError | undefined;

  /**
   * @throws {@link MisuseError} or {@link CapacityError} for options that cannot be: `InvalidEndpoint`, `NoWebSocket`,
   * `NoServices`, `InvalidServiceId`, `DuplicateService`, `MaxPayloadOutOfRange`, `InvalidAccessToken`, `ServiceTableFull`, ….
   * `RangeError` for a `receiveLimit` that is no whole number from 1 on, a `stallLimit` or `maxBackoff` out of its range, and for a `clock` that gives no finite number.
   */
  constructor(options: TunnelConnectionOptions) {
    super();
    const { side, services, format = "V3", maxPayload = MAX_PAYLOAD, receiveLimit, signal } = object("options", options);
    const { tokenIn = "subprotocol", getToken, stallLimit = STALL_LIMIT, maxBackoff = MAX_BACKOFF[side] ?? 0 } = options;
    const clock = clockOf(options.clock);
    // The session judges it too, but only what 32 bits have left of it.
    if (number("maxPayload", maxPayload) !== maxPayload >>> 0) throw tunnelError(FAULT.maxPayloadOutOfRange);
    if (receiveLimit !== undefined) wholeNumber("receiveLimit", receiveLimit, 1);
    wholeNumber("stallLimit", stallLimit, 0, MAX_TIME);
    wholeNumber("maxBackoff", maxBackoff, 0, MAX_BACKOFF.destination);
    functionIfGiven("getToken", getToken);
    signalIfGiven(signal);
    const names = services === undefined ? undefined : texts("services", services);
    this.side = side;
    this.#clock = clock;
    const open = opener(addressOf(options.url, side), tokenIn, options.WebSocket, clock);
    this.#asker = getToken && new Asker(getToken, clock, {
      take: (accessToken) => this.replaceToken(accessToken),
      failed: (error) => this.#failed(error),
    });
    const abort = () => this.#driver.close(signal?.reason);
    this.#driver = new Driver(
      { side, services: names, format, maxPayload, maxBackoff, receiveLimit, stallLimit, clock, open },
      {
        changed: (state) => {
          if (state === "closed") signal?.removeEventListener("abort", abort);
          this.#changed(state);
        },
        failed: (error) => this.#failed(error),
        started: (stream) => this.#arrivals.add(stream),
      },
    );
    if (signal?.aborted) {
      abort();
      return;
    }
    if (options.accessToken === undefined) this.#needToken();
    else this.replaceToken(options.accessToken, options);
    signal?.addEventListener("abort", abort);
  }

  /** Where it is. */
  get state(): ConnectionState {
    return this.#driver.state;
  }

  /** The services of the tunnel, as it said on the latest connection. None before that, and none if it has no names. */
  get services(): readonly string[] {
    return this.#driver.services;
  }

  /**
   * Hands it an access token, in any state: the first one, or one that a rotation issued. `"new"`: the WebSocket there is, and
   * all streams in it, make way for another one. `"same"` and `"earlier"`: it had that token before, and nothing changes.
   * @throws {@link MisuseError} `InvalidAccessToken`, `InvalidClientToken`, `SessionClosed`; {@link CapacityError}.
   */
  replaceToken(accessToken: string, options: { clientToken?: string | null | undefined } = {}): TokenTaken {
    const { clientToken } = object("options", options);
    const binding = typeof clientToken === "string" ? parseClientToken(clientToken) : clientToken;
    return this.#driver.token(text("accessToken", accessToken), binding === null ? "" : textIfGiven("clientToken", binding));
  }

  /**
   * At a source: opens a stream to a service, which may be left out if there is one. It waits until the connection is open. A
   * destination that cannot reach the service ends the stream at once.
   * @throws {@link MisuseError} `UnknownService`, `ServiceNotInTunnel`, `NotSource`, `SessionClosed`, …; {@link CapacityError}
   * `ConnectionTableFull` for more than 256 at a time; the reason of an aborted signal, this one or the connection's.
   */
  async open(service?: string, options: { signal?: AbortSignal | undefined } = {}): Promise<TunnelStream> {
    return this.#driver.open(textIfGiven("service", service), signalIfGiven(object("options", options).signal));
  }

  /**
   * At a destination: the streams that the source starts, of one service or of any. It ends when the connection is closed.
   * Streams that nobody takes wait, up to 128 of a service, and 192 KiB of memory in each; what is more is reset. Those that have ended
   * wait too if there is something to read.
   *
   * ```ts
   * // Once the peer has ended a stream nothing can be written any more, and the pipe fails.
   * for await (const stream of connection.streams()) stream.readable.pipeTo(stream.writable).catch(() => {});
   * ```
   */
  streams(service?: string): AsyncIterableIterator<TunnelStream> {
    return this.#arrivals.iterate(textIfGiven("service", service));
  }

  /** Closes it for good: whatever waits is told so, and what has not been sent yet is dropped. */
  close(): void {
    this.#driver.close();
  }

  #changed(state: ConnectionState): void {
    const { deadline } = this.#driver;
    const retryIn = state === "backoff" && deadline !== undefined ? Math.max(0, deadline - this.#clock.now()) : undefined;
    this.#tell(new StateChangeEvent(state, this.#state, retryIn, this.#driver.isContested));
    this.#state = state;
    this.#asker?.stop(state === "open");
    if (state === "awaiting-token") this.#needToken();
    if (state === "closed") this.#arrivals.end();
  }

  #needToken(): void {
    const why = this.#driver.withoutToken;
    this.#asker?.ask(why);
    const event = new TokenEvent(why, why === "refused" ? this.#refusal : undefined);
    // Whoever hands one in before that is not asked any more.
    void this.#made.then(() => this.#state === "awaiting-token" && this.dispatchEvent(event));
  }

  #failed(error: TunnelError): void {
    if (error instanceof RefusalError) this.#refusal = error;
    this.#tell(new ConnectionErrorEvent(error));
  }

  /** Later, so that whoever caused it is done. */
  #tell(event: Event): void {
    void this.#made.then(() => this.dispatchEvent(event));
  }
}
