/** The rules of single values and of rotation, as core has them. */

import { bindings } from "./connection-module.js";
import { text } from "./values.js";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A tunnel's id: 1 to 128 of `[a-zA-Z0-9_\-+=:]`. Made by {@link parseTunnelId}. */
export type TunnelId = Branded<"TunnelId">;
/** The name of a device in the registry: 1 to 128 of `[a-zA-Z0-9:_-]`. Made by {@link parseThingName}. */
export type ThingName = Branded<"ThingName">;
/** The name of a service, such as `SSH`: 1 to 128 of `[a-zA-Z0-9:_-]`. Made by {@link parseServiceId}. */
export type ServiceId = Branded<"ServiceId">;
/** A region, such as `us-east-1`: 1 to 32 of `[a-z0-9-]`. Made by {@link parseRegion}. */
export type Region = Branded<"Region">;
/** What makes an access token usable again: 32 to 128 of `[a-zA-Z0-9-]`. Made by {@link parseClientToken}. */
export type ClientToken = Branded<"ClientToken">;

/** One end of a tunnel. */
export type Side = "source" | "destination";
/** Whose access token a rotation replaces. */
export type ClientMode = "SOURCE" | "DESTINATION" | "ALL";

/**
 * Checks a tunnel's id.
 * @throws {@link MisuseError} `InvalidTunnelId`, with the length or the first character that is not allowed.
 */
export function parseTunnelId(text: string): TunnelId {
  return parse("tunnelId", text) as TunnelId;
}

/**
 * Checks the name of a thing.
 * @throws {@link MisuseError} `InvalidThingName`.
 */
export function parseThingName(text: string): ThingName {
  return parse("thingName", text) as ThingName;
}

/**
 * Checks the name of a service.
 * @throws {@link MisuseError} `InvalidServiceId`.
 */
export function parseServiceId(text: string): ServiceId {
  return parse("service", text) as ServiceId;
}

/**
 * Checks a region.
 * @throws {@link MisuseError} `InvalidRegion`.
 */
export function parseRegion(text: string): Region {
  return parse("region", text) as Region;
}

/**
 * Checks a client token.
 * @throws {@link MisuseError} `InvalidClientToken`.
 */
export function parseClientToken(text: string): ClientToken {
  return parse("clientToken", text) as ClientToken;
}

function parse(kind: "tunnelId" | "thingName" | "service" | "region" | "clientToken", value: string): string {
  bindings().check(kind, text(kind, value));
  return value;
}

/** What one rotation does. */
export interface Rotation {
  /** The source gets a new token. */
  source: boolean;
  /** The destination gets a new token. */
  destination: boolean;
  /** The tunnel's destination config is replaced by the request's. */
  replacesDestinationConfig: boolean;
}

/**
 * What a rotation in that mode does, with or without a destination config.
 * @throws {@link MisuseError} `DestinationConfigWithSource`, `UnknownClientMode`.
 */
export function rotationOf(clientMode: ClientMode, destinationConfig?: unknown): Rotation {
  const bits = bindings().rotation(clientMode, destinationConfig != null);
  return {
    source: (bits & 1) !== 0,
    destination: (bits & 2) !== 0,
    replacesDestinationConfig: (bits & 4) !== 0,
  };
}
