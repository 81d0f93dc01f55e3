/** This browser as the source of a tunnel. */

import { type ConnectionState, RefusalError, TunnelConnection, type TunnelStream } from "iot-tunnel";
import { covers, type Entry } from "./entry.js";
import { EntryEvent } from "./feed.js";
import type { Tunnels } from "./tunnels.js";

/** Where the link stands: as its connection does, or `off` until it is given a token. */
export type LinkState = Exclude<ConnectionState, "closed"> | "off";

/** A sentence for whoever looks at the terminal: what happened to the link. */
export class NoteEvent extends Event {
  readonly text: string;

  constructor(text: string) {
    super("note");
    this.text = text;
  }
}

/** Holds the connection, and knows when the other end is back. Fires `statechange` and `note`. */
export class Link extends EventTarget {
  readonly #tunnels: Tunnels;
  readonly #tunnelId: string;
  readonly #over = new AbortController();
  #connection: TunnelConnection | undefined;
  /** The services that the connection was made for. */
  #services: readonly string[] = [];
  #state: LinkState = "off";
  #generation = 0;
  #waiting: (() => void)[] = [];

  constructor(tunnels: Tunnels, tunnelId: string) {
    super();
    this.#tunnels = tunnels;
    this.#tunnelId = tunnelId;
    const heard = (event: Event): void => {
      if (event instanceof EntryEvent && event.entry.tunnelId === tunnelId) this.#heard(event.entry);
    };
    tunnels.addEventListener("entry", heard, { signal: this.#over.signal });
    tunnels.addEventListener("change", () => this.#wake(), { signal: this.#over.signal });
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The services that may be opened: the tunnel's, which a rotation can replace. */
  get services(): readonly string[] {
    return this.#tunnels.get(this.#tunnelId)?.services ?? this.#services;
  }

  /** Rises when what failed before may succeed: the connection is new, or the other end is. */
  get generation(): number {
    return this.#generation;
  }

  /** Connects with a token, or goes on with a newer one. */
  take(accessToken: string): void {
    const services = this.services;
    if (this.#connection !== undefined && services.join() === this.#services.join()) {
      this.#note("The source’s token was rotated: connecting with the new one");
      this.#connection.replaceToken(accessToken);
      return;
    }
    // A connection is made for its services.
    this.#connection?.close();
    this.#note("Connecting as the source");
    const connection = new TunnelConnection({
      url: new URL("tunnel", document.baseURI),
      side: "source",
      services: services.length === 0 ? undefined : services,
      accessToken,
    });
    this.#connection = connection;
    this.#services = services;
    connection.addEventListener("statechange", () => this.#follow(connection));
    connection.addEventListener("error", ({ error }) => {
      // What else fails shows as the link's state, and where it was used.
      if (connection === this.#connection && error instanceof RefusalError) this.#note(error.message);
    });
    this.#follow(connection);
  }

  /** Whether the other end is connected. */
  get #isDeviceHere(): boolean {
    return this.#tunnels.get(this.#tunnelId)?.ends.destination.connected === true;
  }

  /** A stream to a service, through the tunnel. */
  open(service: string, signal?: AbortSignal): Promise<TunnelStream> {
    if (this.#connection === undefined) return Promise.reject(new Error("this browser is not connected"));
    return this.#connection.open(this.#services.length === 0 ? undefined : service, { signal });
  }

  /** Resolves once {@link generation} is above `generation` and both ends are connected. */
  async risen(generation: number, signal: AbortSignal): Promise<void> {
    let wasTold = false;
    while (this.#generation <= generation || this.#state !== "open" || !this.#isDeviceHere) {
      if (this.#state === "open" && !this.#isDeviceHere && !wasTold) {
        this.#note("Waiting for the device");
        wasTold = true;
      }
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
  end(): void {
    this.#over.abort();
    this.#stop("The tunnel is gone");
  }

  #follow(connection: TunnelConnection): void {
    const { state } = connection;
    if (connection !== this.#connection || state === "closed") return;
    if (state === this.#state) return;
    if (state === "backoff" && this.#state === "open") this.#note("The connection is lost: trying again");
    this.#become(state);
    if (state !== "open") return;
    this.#note("Connected as the source");
    this.#rise();
  }

  #heard(entry: Entry): void {
    if (entry.what === "connected" && entry.side === "destination") this.#rise();
    else if (entry.what === "closed") this.#stop("The tunnel was closed");
    else if (entry.what === "expired") this.#stop("The tunnel’s lifetime is over");
    else if (entry.what === "rotated" && covers(entry.clientMode, "destination") && this.#state !== "off") {
      this.#note("The destination’s token was rotated");
    }
  }

  #stop(why: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    if (this.#state === "off") return;
    this.#note(why);
    this.#become("off");
  }

  #rise(): void {
    this.#generation += 1;
    this.#wake();
  }

  #become(state: LinkState): void {
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
