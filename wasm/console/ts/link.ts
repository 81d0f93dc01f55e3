/** This browser as the source of a tunnel. */

import { type ConnectionState, RefusalError, TunnelConnection, type TunnelStream } from "iot-tunnel";
import { covers, type Entry } from "./entry.js";
import { EntryEvent } from "./feed.js";
import { hex } from "./hex.js";
import { UNNAMED } from "./service.js";
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

/** What makes this browser the source: a token, and what lets it come back with the same one. */
interface Pass {
  readonly accessToken: string;
  readonly clientToken: string;
}

/** Holds the connection, and knows when the other end is back. Fires `statechange` and `note`. */
export class Link extends EventTarget {
  readonly #tunnels: Tunnels;
  readonly #tunnelId: string;
  readonly #over = new AbortController();
  #connection: TunnelConnection | undefined;
  #pass: Pass | undefined;
  /** The services that the connection was made for. */
  #services: readonly string[] = [UNNAMED];
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
    const changed = (): void => {
      this.#followServices();
      this.#wake();
    };
    tunnels.addEventListener("change", changed, { signal: this.#over.signal });
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The services that may be opened: the tunnel's, which a rotation can replace. */
  get services(): readonly string[] {
    const services = this.#tunnels.get(this.#tunnelId)?.services;
    if (services === undefined) return this.#services;
    return services.length === 0 ? [UNNAMED] : services;
  }

  /** Rises when what failed before may succeed: the connection is new, or the other end is. */
  get generation(): number {
    return this.#generation;
  }

  /** Connects with a token, or goes on with a newer one. */
  take(accessToken: string): void {
    const pass = { accessToken, clientToken: freshClientToken() };
    this.#pass = pass;
    if (this.#connection === undefined || !this.#isOfTunnel) {
      this.#note("Connecting as the source");
      return this.#connect(pass);
    }
    this.#note("The source’s token was rotated: connecting with the new one");
    this.#connection.replaceToken(accessToken, { clientToken: pass.clientToken });
  }

  /** Whether the connection was made for the services that the tunnel has now. */
  get #isOfTunnel(): boolean {
    return this.services.join() === this.#services.join();
  }

  /** A connection is made for its services: for others it is made anew, and comes back with the token there is. */
  #followServices(): void {
    const pass = this.#pass;
    if (this.#connection === undefined || pass === undefined || this.#isOfTunnel) return;
    // The token that comes next is for the new ones.
    if (this.#state === "awaiting-token") return;
    this.#note("The tunnel’s services were replaced: connecting for the new ones");
    this.#connect(pass);
  }

  #connect(pass: Pass): void {
    this.#connection?.close();
    this.#services = this.services;
    const connection = new TunnelConnection({
      url: new URL("tunnel", document.baseURI),
      side: "source",
      services: this.#isUnnamed ? undefined : this.#services,
      ...pass,
    });
    this.#connection = connection;
    connection.addEventListener("statechange", () => this.#follow(connection));
    connection.addEventListener("error", ({ error }) => {
      // What else fails shows as the link's state, and where it was used.
      if (connection === this.#connection && error instanceof RefusalError) this.#note(error.message);
    });
    this.#follow(connection);
  }

  get #isUnnamed(): boolean {
    return this.#services.includes(UNNAMED);
  }

  /** Whether the other end is connected. */
  get #isDeviceHere(): boolean {
    return this.#tunnels.get(this.#tunnelId)?.ends.destination.connected === true;
  }

  /**
   * Opens a stream to a service and hands it to `use`. The stream ends when `use` does, whether it succeeds or fails, and
   * when `signal` is aborted: an open stream that nothing reads holds up all other streams of the tunnel.
   */
  async use<Result>(service: string, signal: AbortSignal, use: (stream: TunnelStream) => Promise<Result>): Promise<Result> {
    if (this.#connection === undefined) throw new Error("this browser is not connected");
    const stream = await this.#connection.open(this.#isUnnamed ? undefined : service, { signal });
    const stop = (): void => stream.reset(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      return await use(stream);
    } finally {
      signal.removeEventListener("abort", stop);
      stream.reset();
    }
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
        const stop = (): void => reject(signal.reason);
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
      // The streams' end may be heard before this, and after.
      this.#note("The destination’s token was rotated, which ends what is open until the device is back");
    }
  }

  #stop(why: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#pass = undefined;
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

/** What an access token is bound to when it is used first. */
function freshClientToken(): string {
  return hex(crypto.getRandomValues(new Uint8Array(32)));
}
