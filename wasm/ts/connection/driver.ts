/** Drives a session over one WebSocket after another, and carries its streams. It knows neither events nor addresses. */

import { bindings, memory } from "../connection-module.js";
import { type TunnelError, tunnelError } from "../errors.js";
import type { Happening, Session } from "../raw/connection.js";
import { Alarm } from "./alarm.js";
import type { WithoutToken } from "./asker.js";
import { Backlog } from "./backlog.js";
import type { ConnectionState, DriverConfig, DriverListener, TokenTaken, Tokens } from "./config.js";
import * as FAULT from "./fault.js";
import { Incoming } from "./incoming.js";
import { type Link, type LinkListener, POLICY_VIOLATION, PROTOCOL_ERROR, UNSUPPORTED_DATA } from "./link.js";
import { SILENCE, lost, refusal, stalled, unconnected } from "./loss.js";
import { CLOSE_CODE, CONNECTION, CONTESTED, ERROR, FRAME, NEEDS_NAME, REPLACES, SERVICE, WAITING } from "./places.js";
import { Report } from "./report.js";
import { placeOf } from "./services.js";
import { Stall } from "./stall.js";
import { Stream, type StreamOwner } from "./stream.js";
import { Turns } from "./turns.js";

export class Driver implements StreamOwner {
  /** The services of the tunnel, as the service said them. */
  services: readonly string[] = [];
  readonly #config: DriverConfig;
  readonly #listener: DriverListener;
  readonly #session: Session;
  readonly #report: Report;
  readonly #inbox: number;
  readonly #streams = new Map<number, Stream>();
  readonly #backlog: Backlog;
  readonly #stall: Stall;
  #link: Link | undefined;
  #paused = false;
  readonly #incoming: Incoming;
  /** Whether the latest message was more than data, to which the session never has an answer. */
  #mayAnswer = false;
  /** Gets the names of the tunnel's services. */
  readonly #announced: string[] = [];
  readonly #turns = new Turns(() => this.#link);
  /** Who waits for another state. */
  readonly #waiters: (() => void)[] = [];
  readonly #alarm: Alarm;
  #state: ConnectionState = "awaiting-token";
  /** Why it is closed. */
  #reason: unknown;

  constructor(config: DriverConfig, listener: DriverListener) {
    this.#config = config;
    this.#listener = listener;
    this.#backlog = new Backlog(config.receiveLimit);
    this.#alarm = new Alarm(config.clock, () => this.#timeout());
    this.#stall = new Stall(config.clock, config.stallLimit, {
      holders: () => this.#backlog.holders(),
      // A source hears of a stream's needs when it is used; a destination does not, for the request itself may wait.
      hasOthers: (holders) => config.side === "destination" && [...this.#streams.values()].some((stream) => !holders.includes(stream)),
      stalled: (stream) => this.#stalled(stream),
    });
    const { side, services, format, maxPayload, maxBackoff } = config;
    this.#session = new (bindings().Session)(config.clock, this.#announced, side, services, format, maxPayload, maxBackoff);
    this.#report = new Report(this.#session.report);
    this.#inbox = this.#session.inbox;
    this.#incoming = new Incoming(this.#inbox, this.#report, (part) => this.#handle(part));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why there is no token. */
  get withoutToken(): WithoutToken {
    return this.#state === "closed" ? "none" : this.#session.withoutToken;
  }

  /** Whether openings are lost one after another before they prove usable. */
  get isContested(): boolean {
    return this.#state === "backoff" && this.#report.number(CONTESTED) !== 0;
  }

  /** When something is due: in the state `backoff` the next attempt. */
  get deadline(): number | undefined {
    return this.#state === "closed" ? undefined : this.#session.deadline;
  }

  token(accessToken: string, clientToken: string | undefined): TokenTaken {
    if (this.#state === "closed") throw tunnelError(FAULT.sessionClosed);
    const taken = this.#session.token(this.#config.side, accessToken, clientToken);
    if (taken === "new") {
      this.#cut(lost("a new access token replaced it"));
      this.#settle();
    }
    return taken;
  }

  /** Ends it; what has been written but not sent is gone. Whatever waits gets the reason. */
  close(reason: unknown = tunnelError(FAULT.sessionClosed)): void {
    if (this.#state === "closed") return;
    this.#reason = reason;
    this.#pump();
    this.#session.close();
    this.#cut(reason);
    this.#settle();
  }

  /** Opens a stream, once the connection is open. */
  async open(service: string | undefined, signal: AbortSignal | undefined): Promise<Stream> {
    const wake = () => this.#wake();
    signal?.addEventListener("abort", wake);
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.#state === "closed") throw this.#reason ?? tunnelError(FAULT.sessionClosed);
        if (this.#config.side !== "source") throw tunnelError(FAULT.notSource);
        const said = this.#state === "open" ? [this.#nameOf(0)] : undefined;
        const place = placeOf(service, this.#config.services, said);
        if (this.#state !== "open") {
          await this.#woken();
          continue;
        }
        const stream = await this.#turns.take(() => this.#opened(place, signal));
        if (stream === "not open") continue;
        if (stream === "not yet") {
          await this.#woken();
          continue;
        }
        if (!signal?.aborted) return stream;
        // It was aborted after that turn.
        stream.reset(signal.reason);
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  #opened(place: number, signal: AbortSignal | undefined): Stream | "not open" | "not yet" | undefined {
    signal?.throwIfAborted();
    if (this.#state !== "open") return "not open";
    const connection = this.#session.open(place);
    // What is to be sent first is sent now, and the next turn looks again: nobody else would do it.
    if (connection === 0) {
      if (this.#pump() || !this.#link?.takes()) return undefined;
      // There is nothing to send: in V1 and V2 what is under way for the latest connection must not reach the next one.
      this.#alarm.set(this.#session.deadline);
      return "not yet";
    }
    const stream = this.#stream(connection);
    stream.isTaken = true;
    this.#settle();
    this.#stall.used(stream);
    return stream;
  }

  /** The name of the service at that place; none if the tunnel has no names. */
  #nameOf(place: number): string | undefined {
    const names: string[] = [];
    this.#session.serviceName(place, names);
    return names[0];
  }

  #stream(connection: number): Stream {
    const stream = new Stream(this, connection, this.#nameOf(bindings().serviceOf(connection)));
    this.#streams.set(connection, stream);
    return stream;
  }

  async write(stream: Stream, bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    this.#stall.used(stream);
    await this.#turns.take(() => {
      if (stream.over !== undefined) throw stream.over;
      if (this.#link?.takes()) rest = rest.subarray(this.#send(stream, rest));
      return rest.length === 0 || undefined;
    });
  }

  /** Sends as many bytes as one message holds. 0: something else was to be sent first, and was. */
  #send(stream: Stream, bytes: Uint8Array): number {
    const session = this.#session;
    const length = Math.min(bytes.length, this.#config.maxPayload);
    const pointer = session.outbox;
    memory().set(bytes.length > length ? bytes.subarray(0, length) : bytes, pointer);
    const sent = session.send(stream.connection, length);
    if (sent > 0) this.#link?.send(this.#report.bytes(FRAME));
    else this.#pump();
    return sent;
  }

  ended(stream: Stream): void {
    if (!this.#streams.delete(stream.connection)) return;
    this.#session.reset(stream.connection);
    this.#settle();
    this.#wake();
  }

  account(stream: Stream, change: number): void {
    this.#backlog.account(stream, change);
    const link = this.#link;
    if (link === undefined) return;
    if (change < 0) this.#stall.taken(stream);
    if (change > 0) this.#backlog.payer(stream, link.canPause)?.fail(tunnelError(FAULT.receiveLimitExceeded));
    this.#regulate();
  }

  /** Stops the peer, if it can be, while too much waits here, or lets it go on. */
  #regulate(): void {
    if (!this.#link?.canPause) return;
    this.#stall.set(this.#backlog.isFull);
    const paused = this.#backlog.isFull || this.#incoming.isHeld;
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#link.pause(paused);
    this.#happened(paused ? "paused" : "resumed");
  }

  /** Others have waited behind that stream for long enough. */
  #stalled(stream: Stream): void {
    const error = stalled(stream.service, this.#config.stallLimit);
    this.#listener.failed(error);
    stream.fail(error);
  }

  /** Waits until something has changed. */
  #woken(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Nothing is as it was: whoever waits looks again. */
  #wake(): void {
    this.#turns.wake();
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Tells the session what happened to the WebSocket. */
  #happened(what: Happening, number = 0, text = "", seconds = 0): void {
    this.#session.happened(what, number, text, seconds);
  }

  /** Does what the session asks for. Whether anything was sent. */
  #pump(): boolean {
    const session = this.#session;
    for (let sent = false; ; ) {
      const tokens = {};
      switch (session.poll(tokens)) {
        case "wait":
          return sent;
        case "send":
          if (!this.#link?.takes()) {
            this.#link?.watch();
            return sent;
          }
          this.#link.send(this.#report.bytes(FRAME));
          session.sent(this.#report.number(FRAME + 1));
          sent = true;
          break;
        case "ping":
          // A browser cannot ping. The other end of its WebSocket does.
          if (!this.#link?.ping()) this.#happened("pong");
          break;
        case "close-websocket":
          this.#link?.close(this.#report.number(CLOSE_CODE));
          this.#link = undefined;
          break;
        case "connect":
          this.#connect(tokens as Tokens);
          break;
      }
    }
  }

  /** Does what the session asks for, sets the alarm, and tells where the session is. */
  #settle(): void {
    this.#pump();
    const session = this.#session;
    this.#alarm.set(session.deadline);
    const state = session.status;
    if (state === this.#state) return;
    this.#state = state;
    if (state === "closed") session.free();
    this.#listener.changed(state);
    this.#wake();
  }

  #timeout(): void {
    const kind = this.#session.timeout();
    if (kind === "none") {
      this.#settle();
      this.#wake();
    }
    else this.#fail(kind === "connect" ? unconnected(SILENCE[kind]) : lost(SILENCE[kind]));
  }

  #connect(tokens: Tokens): void {
    this.#paused = false;
    this.services = [];
    try {
      this.#link = this.#config.open(tokens, this.#reports());
      this.#backlog.begin(this.#link.canPause);
    } catch (error) {
      // Such as a page that may not talk to that address.
      this.#happened("closed");
      this.#listener.failed(unconnected(String(error)));
    }
  }

  #reports(): LinkListener {
    return {
      accepted: (subprotocol) => {
        try {
          this.#happened("accepted", 101, subprotocol);
        } catch (error) {
          return this.#lose(error as TunnelError, PROTOCOL_ERROR);
        }
        this.#settle();
      },
      refused: (answer) => {
        const { status, retryAfter } = answer;
        this.#link = undefined;
        this.#happened(status < 400 || status >= 600 ? "closed" : "refused", status, "", retryAfter);
        this.#listener.failed(refusal(answer));
        this.#settle();
      },
      message: (bytes) => this.#receive(bytes),
      text: () => this.#lose(tunnelError(FAULT.textFrame), UNSUPPORTED_DATA),
      drained: () => this.#drained(),
      ping: () => this.#happened("ping"),
      pong: () => this.#happened("pong"),
      closed: (code, reason) => {
        this.#link = undefined;
        this.#happened("closed", code, reason);
        this.#fail(this.#state === "connecting" ? unconnected(reason) : lost(`the WebSocket was closed with code ${code}${reason && `: ${reason}`}`));
      },
    };
  }

  /** The WebSocket is to be given up for what came through it. */
  #lose(error: TunnelError, code: number): void {
    this.#link?.close(code);
    this.#link = undefined;
    this.#happened("closed");
    this.#fail(error);
  }

  #fail(error: TunnelError): void {
    this.#listener.failed(error);
    this.#cut(error);
    this.#settle();
  }

  /** Everything that came through the WebSocket is over. */
  #cut(error: unknown): void {
    this.#incoming.clear();
    this.#endStreams(() => true, error);
    this.#backlog.letGo();
    this.#stall.set(false);
  }

  #endStreams(which: (stream: Stream) => boolean, error?: unknown): void {
    for (const [connection, stream] of this.#streams) {
      if (!which(stream)) continue;
      this.#streams.delete(connection);
      stream.end(error);
    }
    this.#wake();
  }

  /** A WebSocket message. */
  #receive(bytes: Uint8Array): void {
    this.#mayAnswer = false;
    if (!this.#incoming.take(bytes)) this.#limit();
    if (this.#state !== "open") this.#settle();
    else if (this.#mayAnswer) this.#pump();
  }

  /** Something is held until something has been sent: the peer is stopped if it can be. */
  #limit(): void {
    if (this.#link?.canPause) this.#regulate();
    else if (this.#incoming.size > this.#backlog.limit) {
      this.#lose(tunnelError(FAULT.receiveLimitExceeded), POLICY_VIOLATION);
    }
  }

  /** The WebSocket takes more. */
  #drained(): void {
    this.#pump();
    const link = this.#link;
    for (const bytes of this.#incoming.release()) if (link === this.#link) this.#receive(bytes);
    this.#regulate();
    this.#turns.passOn();
  }

  /** Takes what is in the inbox, to which `part` has been written. `false`: something is to be sent first. */
  #handle(part?: Uint8Array): boolean {
    const [session, report] = [this.#session, this.#report];
    // After the first call everything that was written is known.
    for (let written = part?.length ?? 0; ; written = 0) {
      const event = session.handle(written);
      if (event !== "data") this.#mayAnswer = true;
      switch (event) {
        case "none":
          if (report.number(WAITING) === 0) return true;
          if (!this.#pump()) return false;
          break;
        case "data":
          this.#streams.get(report.number(CONNECTION))?.push(report.payload(part, this.#inbox));
          if (report.number(WAITING) === 0) return true;
          break;
        case "open":
          this.services = this.#announced.splice(0);
          if (report.number(NEEDS_NAME) !== 0) this.#listener.failed(tunnelError(FAULT.serviceNotChosen));
          break;
        case "started":
          this.#started(report.number(CONNECTION), report.number(REPLACES) !== 0);
          break;
        case "ended": {
          const connection = report.number(CONNECTION);
          this.#endStreams((stream) => stream.connection === connection);
          break;
        }
        case "stream-ended": {
          const service = report.number(SERVICE);
          const number = report.number(ERROR);
          // Whoever was at the other end is gone or was replaced, so that what came may be a part of a whole.
          const error = number === 0 ? lost("the other side is gone") : tunnelError(number);
          if (number !== 0) this.#listener.failed(error);
          this.#endStreams((stream) => bindings().serviceOf(stream.connection) === service, error);
          break;
        }
        case "session-reset":
          this.#endStreams(() => true, lost("the service ended all connections"));
          break;
        case "lost":
          this.#fail(tunnelError(report.number(ERROR)));
          return true;
        case "misuse":
          throw tunnelError(report.number(ERROR));
      }
    }
  }

  #started(connection: number, replaces: boolean): void {
    const { serviceOf } = bindings();
    const service = serviceOf(connection);
    // The peer has said the end of none of them.
    if (replaces) this.#endStreams((stream) => serviceOf(stream.connection) === service, lost("the other side is gone"));
    this.#listener.started(this.#stream(connection));
  }
}
