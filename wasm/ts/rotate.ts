/** The messages of a rotation: the request, its answer, and what the device is told. */

import { bindings } from "./connection-module.js";
import type { BufferSource } from "./engine-types.js";
import type { ClientMode, Side } from "./rules.js";
import { textOrBytes } from "./values.js";

/** What stands at a tunnel's destination. */
export interface DestinationConfig {
  /** The thing that is told the destination's token. */
  thingName?: string | undefined;
  /** 1 to 3 services. */
  services: string[];
}

/** A request of RotateTunnelAccessToken, as the AWS SDK takes it. */
export interface RotateInput {
  tunnelId: string;
  clientMode: ClientMode;
  destinationConfig?: DestinationConfig;
}

/** What a form holds: perhaps a request. */
export interface RotateDraft {
  tunnelId?: string | null | undefined;
  clientMode?: string | null | undefined;
  destinationConfig?:
    | { thingName?: string | null | undefined; services?: readonly (string | null | undefined)[] | null | undefined }
    | null
    | undefined;
}

/** A broken rule of a request. */
export interface Violation {
  /** The member, such as `destinationConfig.services.2.member`: elements count from 1. */
  member: string;
  /** What it must be, and for a text what exactly is not. */
  message: string;
}

/** A request that may be sent, or all that is wrong with it. */
export type RotateRequest = ValidRotateRequest | InvalidRotateRequest;

/** A request that may be sent. */
export interface ValidRotateRequest {
  ok: true;
  /** For the SDK. */
  input: RotateInput;
  /** For fetch. */
  body: string;
}

/** All that is wrong with a request. */
export interface InvalidRotateRequest {
  ok: false;
  /** What the service would answer with. */
  exception: "SerializationException" | "ValidationException" | "LimitExceededException";
  /** At least one. */
  violations: Violation[];
}

/**
 * Judges a request by every rule that needs no tunnel: meant for forms. Whatever value a member has, what is wrong with it is
 * in the answer, and not thrown.
 *
 * ```ts
 * const request = rotateRequest({ tunnelId, clientMode: "ALL" });
 * if (request.ok) await client.send(new RotateTunnelAccessTokenCommand(request.input));
 * else for (const { member, message } of request.violations) show(member, message);
 * ```
 */
export function rotateRequest(draft: RotateDraft): RotateRequest {
  return parseRotateRequest(JSON.stringify(shape(draft)));
}

/**
 * Judges the body of a request, as the service does: for a proxy, or a stand-in for the service. Whatever is in there, what is
 * wrong with it is in the answer, and not thrown. Members that the request does not know are left out of what is returned.
 * @throws `TypeError` for what is neither text nor bytes.
 */
export function parseRotateRequest(body: string | BufferSource): RotateRequest {
  const json = textOrBytes("body", body);
  const texts: string[] = [];
  const exception = bindings().judgeRotateRequest(json, texts);
  if (exception !== "valid") {
    const violations: Violation[] = [];
    for (let i = 0; i < texts.length; i += 2) violations.push({ member: texts[i]!, message: texts[i + 1]! });
    return { ok: false, exception, violations };
  }
  // It is valid: what it knows has the right types, and is there once.
  const known = shape(JSON.parse(new TextDecoder().decode(json)) as RotateDraft);
  const valid = JSON.stringify(known);
  return { ok: true, input: JSON.parse(valid) as RotateInput, body: valid };
}

/** The members that a request knows, in the order of the API, as JSON has them. */
function shape(draft: RotateDraft | null | undefined): unknown {
  const config: unknown = draft?.destinationConfig;
  const isObject = typeof config === "object" && config !== null && !Array.isArray(config);
  return {
    tunnelId: scalar(draft?.tunnelId),
    clientMode: scalar(draft?.clientMode),
    destinationConfig: isObject ? configShape(config) : scalar(config),
  };
}

function configShape({ thingName, services }: { thingName?: unknown; services?: unknown }): unknown {
  return {
    thingName: scalar(thingName),
    services: Array.isArray(services) ? services.map((service) => scalar(service) ?? null) : scalar(services),
  };
}

/** A text, nothing, or what is neither. Half of a surrogate pair is no text: it becomes U+FFFD, as it would on the wire. */
function scalar(value: unknown): string | false | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") return false;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(textOrBytes("", value));
}

/** The answer to a rotation: a token for each rotated side. */
export interface RotateResponse {
  tunnelArn: string;
  sourceAccessToken?: string;
  destinationAccessToken?: string;
}

/**
 * Reads the answer to a rotation. The tokens are secrets: they are the caller's to keep.
 * @throws {@link PeerFaultError}; it names the member, never its value. {@link CapacityError} `AccessTokenTooLong`. `TypeError` for what is
 * neither text nor bytes.
 */
export function parseRotateResponse(body: string | BufferSource): RotateResponse {
  const answer = {};
  bindings().rotateResponse(textOrBytes("body", body), answer);
  return answer as RotateResponse;
}

/** What `$aws/things/<thingName>/tunnels/notify` carries. */
export interface Notification {
  clientAccessToken: string;
  clientMode: Side;
  region: string;
  /** None if the tunnel was opened without. */
  services: string[];
}

/**
 * Reads a device's notification. Its token is a secret: it is the caller's to keep.
 * @throws {@link PeerFaultError}; it names the member, never its value. {@link CapacityError} `AccessTokenTooLong`. `TypeError` for what is
 * neither text nor bytes.
 */
export function parseNotification(payload: string | BufferSource): Notification {
  const services: string[] = [];
  const notification = { services };
  bindings().notification(textOrBytes("payload", payload), notification, services);
  return notification as unknown as Notification;
}
