/** The service's record of a tunnel, in memory: for tests, demonstrations and consoles without a network. */

import { bindings } from "./local-module.js";
import type { TunnelRecord } from "./raw/local.js";
import type { DestinationConfig } from "./rotate.js";
import type { ClientMode, Side } from "./rules.js";
import { flag, functionIfGiven, number, object, text, textIfGiven, texts, wholeNumber } from "./values.js";

/** What a tunnel is opened with. */
export interface LocalTunnelOptions {
  /** By default a random one. */
  tunnelId?: string | undefined;
  /** What stands at the destination. */
  destinationConfig?: DestinationConfig | undefined;
  /** A whole number of minutes, 1 to 720; 720 by default. */
  lifetimeMinutes?: number | undefined;
  /** Milliseconds since 1970-01-01 UTC; by default `Date.now`. */
  now?: (() => number) | undefined;
}

/** What a service does next. A `LocalTunnel` does none of it: it has no connections. */
export type Effect =
  | { type: "disconnect"; side: Side; /** As `connect` numbered it. */ connection: number; /** For the close frame. */ reason: string }
  | { type: "reset-peer"; /** The side to which every stream is reset. */ side: Side }
  | { type: "notify"; thingName: string; /** The destination's new token: a secret. */ accessToken: string; services: string[] }
  | { type: "deleted" };

/** What an operation came to. */
export interface Outcome {
  /** In the order in which they are to be done. */
  effects: Effect[];
}

/** What a rotation came to: a token for each side that was rotated. They are secrets, and the caller's to keep. */
export interface Rotated extends Outcome {
  sourceAccessToken?: string;
  destinationAccessToken?: string;
}

/** A tunnel that has been opened, with both tokens. */
export interface Opened extends Outcome {
  tunnel: LocalTunnel;
  sourceAccessToken: string;
  destinationAccessToken: string;
}

/** A side of a tunnel. */
export interface SideDescription {
  status: "CONNECTED" | "DISCONNECTED";
  /** Milliseconds since 1970-01-01 UTC. */
  lastUpdatedAt: number;
  /** How often its token was rotated. */
  generation: number;
}

/** A tunnel at a moment. Times are milliseconds since 1970-01-01 UTC. */
export interface TunnelDescription {
  tunnelId: string;
  status: "OPEN" | "CLOSED";
  createdAt: number;
  endsAt: number;
  lastUpdatedAt: number;
  lifetimeMinutes: number;
  thingName?: string;
  /** None if the tunnel was opened without. */
  services: string[];
  source: SideDescription;
  destination: SideDescription;
  closedAt?: number;
  closedBy?: "request" | "lifetime";
}

/** What the raw bindings fill. */
interface Told {
  sourceAccessToken?: string;
  destinationAccessToken?: string;
  disconnectSource?: number;
  disconnectDestination?: number;
  reason?: string;
  resetPeer?: Side;
  notify?: boolean;
  deleted?: boolean;
}

/**
 * A tunnel as its service keeps it, by the same rules: who may connect, what a rotation does, when it is over.
 *
 * ```ts
 * const { tunnel, sourceAccessToken } = LocalTunnel.open({ destinationConfig: { services: ["SSH"] } });
 * const { connection } = tunnel.connect({ side: "source", accessToken: sourceAccessToken });
 * const { effects } = tunnel.rotate({ clientMode: "SOURCE" }); // disconnects that connection
 * ```
 */
export class LocalTunnel {
  readonly #record: TunnelRecord;
  readonly #clock: () => number;
  #connections = 0;

  private constructor(record: TunnelRecord, clock: () => number) {
    this.#record = record;
    this.#clock = clock;
  }

  /**
   * Opens a tunnel.
   * @throws {@link MisuseError} `InvalidTunnelId`, `InvalidThingName`, `InvalidServiceId`, `NoServices`,
   * `LifetimeOutOfRange`; {@link CapacityError} `TooManyServices`.
   */
  static open(options: LocalTunnelOptions = {}): Opened {
    const { tunnelId = crypto.randomUUID(), destinationConfig, lifetimeMinutes = 720, now = Date.now } = object("options", options);
    const told: Told = {};
    const { TunnelRecord } = bindings();
    functionIfGiven("now", now);
    const minutes = number("lifetimeMinutes", lifetimeMinutes);
    const record = TunnelRecord.open(
      time(now),
      text("tunnelId", tunnelId),
      ...config(destinationConfig),
      // 32 bits would leave something else of it; 0 is none.
      minutes === minutes >>> 0 ? minutes : 0,
      told,
    );
    const tunnel = new LocalTunnel(record, now);
    return { tunnel, ...tunnel.#outcome(told) } as Opened;
  }

  /**
   * A peer's handshake. A live connection of that side makes way. `clientTokenInUse` says whether another open tunnel
   * {@link binds} the client token.
   * @throws {@link RefusalError}: what the service would answer.
   */
  connect(handshake: {
    side: Side;
    accessToken: string;
    clientToken?: string | undefined;
    clientTokenInUse?: boolean | undefined;
  }): Outcome & { connection: number } {
    const { side, accessToken, clientToken, clientTokenInUse = false } = object("handshake", handshake);
    const now = this.#now();
    const [token, binding] = [text("accessToken", accessToken), textIfGiven("clientToken", clientToken)];
    const isInUse = flag("clientTokenInUse", clientTokenInUse) || (binding !== undefined && this.#record.binds(now, binding));
    const told: Told = {};
    this.#record.connect(now, side, token, binding, isInUse, this.#connections + 1, told);
    this.#connections += 1;
    return { connection: this.#connections, ...this.#outcome(told) };
  }

  /** Whether it is open and one of its access tokens goes with that client token. */
  binds(clientToken: string): boolean {
    return this.#record.binds(this.#now(), text("clientToken", clientToken));
  }

  /** A peer's connection has ended. One that was replaced before changes nothing. */
  disconnect(side: Side, connection: number): Outcome {
    return this.#told((told) => this.#record.disconnect(this.#now(), side, wholeNumber("connection", connection, 0), told));
  }

  /**
   * Rotates, and replaces the destination config if one is given.
   * @throws {@link MisuseError} `DestinationConfigWithSource`, …; {@link RefusalError} `TunnelClosed`, `TunnelExpired`.
   */
  rotate(request: { clientMode: ClientMode; destinationConfig?: DestinationConfig | undefined }): Rotated {
    const { clientMode, destinationConfig } = object("request", request);
    return this.#told((told) => this.#record.rotate(this.#now(), clientMode, ...config(destinationConfig), told));
  }

  /** Closes it. With `delete` it is to be forgotten too. */
  close(options: { delete?: boolean | undefined } = {}): Outcome {
    const { delete: isDeleted = false } = object("options", options);
    return this.#told((told) => this.#record.close(this.#now(), flag("delete", isDeleted), told));
  }

  /** Does what time asks for: due at {@link deadline}, harmless at any other moment. */
  expire(): Outcome {
    return this.#told((told) => this.#record.expire(this.#now(), told));
  }

  /** When `expire` is due, in milliseconds since 1970-01-01 UTC. */
  get deadline(): number {
    return this.#record.deadline;
  }

  /** How it looks now. Its tokens are not in there: it has only their digests. */
  describe(): TunnelDescription {
    const flat: Record<string, unknown> = {};
    const services: string[] = [];
    this.#record.describe(this.#now(), flat, services);
    const { sourceStatus, sourceLastUpdatedAt, sourceGeneration, ...others } = flat;
    const { destinationStatus, destinationLastUpdatedAt, destinationGeneration, ...own } = others;
    return {
      ...own,
      services,
      source: { status: sourceStatus, lastUpdatedAt: sourceLastUpdatedAt, generation: sourceGeneration },
      destination: { status: destinationStatus, lastUpdatedAt: destinationLastUpdatedAt, generation: destinationGeneration },
    } as TunnelDescription;
  }

  #now(): number {
    return time(this.#clock);
  }

  #told(call: (told: Told) => void): Rotated {
    const told: Told = {};
    call(told);
    return this.#outcome(told);
  }

  #outcome(told: Told): Rotated {
    const { sourceAccessToken, destinationAccessToken, disconnectSource, disconnectDestination, reason = "" } = told;
    const effects: Effect[] = [];
    const disconnect = (side: Side, connection: number | undefined) => {
      if (connection !== undefined) effects.push({ type: "disconnect", side, connection, reason });
    };
    disconnect("source", disconnectSource);
    disconnect("destination", disconnectDestination);
    if (told.resetPeer !== undefined) effects.push({ type: "reset-peer", side: told.resetPeer });
    if (told.notify) {
      const { thingName = "", services } = this.describe();
      effects.push({ type: "notify", thingName, accessToken: destinationAccessToken ?? "", services });
    }
    if (told.deleted) effects.push({ type: "deleted" });
    return {
      ...(sourceAccessToken !== undefined && { sourceAccessToken }),
      ...(destinationAccessToken !== undefined && { destinationAccessToken }),
      effects,
    };
  }
}

/**
 * The tunnel that an access token says it is for. It proves nothing: {@link LocalTunnel.connect} judges the token.
 * @throws {@link RefusalError} `UnknownAccessToken` for what no service issued.
 */
export function claimedTunnelId(accessToken: string): string {
  return bindings().claimedTunnelId(text("accessToken", accessToken));
}

/** What stands at the destination: thing and services. A config without services is none that could be kept. */
function config(given: DestinationConfig | null | undefined): [string | undefined, string[] | undefined] {
  if (given == null) return [undefined, undefined];
  const { thingName, services } = object("destinationConfig", given);
  return [textIfGiven("destinationConfig.thingName", thingName), texts("destinationConfig.services", services)];
}

/** What a clock says. */
function time(clock: () => number): number {
  const now = number("what now() gives", clock());
  if (now >= 0) return now;
  throw new RangeError(`what now() gives must be milliseconds since 1970, not ${now}`);
}
