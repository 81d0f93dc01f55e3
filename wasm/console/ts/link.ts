/** This browser as the source of a tunnel. */

import { type ConnectionState, TunnelConnection, type TunnelStream } from "iot-tunnel";
import { covers, type Entry } from "./entry.js";
import { EntryEvent } from "./feed.js";
import type { Tunnels } from "./tunnels.js";

/** Where the link stands: as its connection does, or `stopped` with a reason, until it is given a token. */
export type LinkState = ConnectionState | "stopped";

/** A sentence for whoever looks at the terminal: what happened to the link. */
export class NoteEvent extends Event {
  readonly text: string;

  constructor(text: string) {
    super("note");
    this.text = text;
  }
}

/**
 * Holds the connection, and knows what a browser's WebSocket does not tell: why a handshake was refused, and that the other
 * end is back. Fires `statechange` and `note`.
 */
export class Link extends EventTarget {
  readonly #tunnelId: string;
  readonly #services: readonly string[];
  readonly #over = new AbortController();
  #connection: TunnelConnection | undefined;
  #state: LinkState = "stopped";
  /** Why the service refused what it was last asked with. A browser hides that answer; the events have it. */
  #refusal: string | undefined;
  #generation = 0;
  #waiting: (() => void)[] = [];

  constructor(tunnels: Tunnels, tunnelId: string, services: readonly string[]) {
    super();
    this.#tunnelId = tunnelId;
    this.#services = services;
    const heard = (event: Event): void => {
      if (event instanceof EntryEvent && event.entry.tunnelId === tunnelId) this.#heard(event.entry);
    };
    tunnels.addEventListener("entry", heard, { signal: this.#over.signal });
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The services that may be opened. */
  get services(): readonly string[] {
    return this.#connection?.services ?? this.#services;
  }

  /** Rises when what failed before may succeed: the connection is new, or the other end is. */
  get generation(): number {
    return this.#generation;
  }

  /** Connects with a token, or goes on with a newer one. */
  take(accessToken: string): void {
    this.#refusal = undefined;
    if (this.#connection !== undefined && this.#connection.state !== "closed") {
      this.#note("A new source token: connecting with it");
      this.#connection.replaceToken(accessToken);
      return;
    }
    this.#note("Connecting as the source");
    const url = new URL("tunnel", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    const connection = new TunnelConnection({ url, side: "source", services: undefined, accessToken, protocols: "subprotocol" });
    this.#connection = connection;
    connection.addEventListener("statechange", () => this.#follow(connection));
    connection.addEventListener("error", ({ error }) => this.#note(error.message));
    this.#follow(connection);
  }

  /** A stream to a service, through the tunnel. */
  open(service: string): Promise<TunnelStream> {
    if (this.#connection === undefined) return Promise.reject(new Error("this browser is not connected"));
    return this.#connection.open(service);
  }

  /** Resolves once {@link generation} is above `generation` and the connection is open. */
  async risen(generation: number, signal: AbortSignal): Promise<void> {
    while (this.#generation <= generation || this.#state !== "open") {
      await new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const stop = (): void => reject(signal.reason as Error);
        signal.addEventListener("abort", stop, { once: true });
        this.#waiting.push(() => {
          signal.removeEventListener("abort", stop);
          resolve();
        });
      });
    }
  }

  /** Somebody asks for another attempt. */
  nudge(): void {
    this.#rise();
  }

  /** Disconnects. A token connects it again. */
  stop(): void {
    this.#stop("Disconnected");
  }

  /** Ends it, for good. */
  leave(): void {
    this.#over.abort();
    this.#stop("The tunnel is gone");
  }

  #follow(connection: TunnelConnection): void {
    if (connection !== this.#connection) return;
    const { state } = connection;
    if (state === "open") {
      this.#refusal = undefined;
      this.#note("Connected as the source");
      this.#become("open");
      this.#rise();
    } else if (state === "backoff" && this.#refusal !== undefined) {
      this.#stop(this.#refusal);
    } else {
      if (state === "backoff" && this.#state === "open") this.#note("The connection is lost: trying again");
      this.#become(state);
    }
  }

  #heard(entry: Entry): void {
    if (entry.what === "connected" && entry.side === "destination") this.#rise();
    else if (entry.what === "rotated" && this.#state !== "stopped") {
      if (entry.clientMode === "DESTINATION") this.#note("The destination’s token was rotated");
      else if (covers(entry.clientMode, "source")) this.#note("The source’s token was rotated");
    } else if (entry.what === "refused" && entry.side === "source") this.#refused(entry.reason);
    else if (entry.what === "closed") this.#stop("The tunnel was closed");
    else if (entry.what === "expired") this.#stop("The tunnel’s lifetime is over");
  }

  /** A refused token never works again. While the link stands, it was somebody else's. */
  #refused(reason: string): void {
    if (this.#state === "backoff") this.#stop(reason);
    else if (this.#state === "connecting") this.#refusal = reason;
  }

  #stop(why: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    if (this.#state === "stopped") return;
    this.#note(why);
    this.#become("stopped");
  }

  #rise(): void {
    this.#generation += 1;
    this.#wake();
  }

  #become(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("statechange"));
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach((resolve) => resolve());
  }

  #note(text: string): void {
    this.dispatchEvent(new NoteEvent(text));
  }
}
