/** Who may use a bridge, and with what token. */

import type { Side } from "../rules.js";
import { ACCESS_TOKEN, CLIENT_TOKEN, REFUSAL, TUNNEL, decodeToken } from "../subprotocol.js";

/** Whom a bridge lets in. */
export interface AdmissionRules {
  /**
   * The origins whose pages may use it, such as `https://console.example`. By default the bridge's own: the page's host and
   * port are those that the request is for. Set it where a proxy in front changes the `Host` header.
   */
  allowedOrigins?: readonly string[] | undefined;
  /** The cookie in which the access token may come; `awsiot-tunnel-token` by default. */
  cookie?: string | undefined;
}

/** What a browser asked for. */
export interface Admitted {
  side: Side;
  accessToken: string;
  clientToken: string | undefined;
  /** Whether it can hear of a refusal only by a close frame. */
  hearsRefusal: boolean;
}

/** Why it is not let in: an HTTP status, and words that hold nothing of the request. */
export interface Denied {
  status: number;
  reason: string;
}

/** A request's header, if it is there; where it is there twice, both values with a comma between. */
export type Header = (name: string) => string | undefined;

const COOKIE = "awsiot-tunnel-token";
/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;
const BAD_REQUEST = 400;
const FORBIDDEN = 403;

/** Judges a handshake, before anything is said to the service. */
export function admit(method: string, url: string, header: Header, rules: AdmissionRules): Admitted | Denied {
  if (method !== "GET" || !isHandshake(header)) return denied(426, "this is for WebSockets of version 13");
  if (!isAllowed(header, rules.allowedOrigins)) return denied(FORBIDDEN, "the page's origin is not allowed");
  const side = new URL(url, "http://any").searchParams.getAll("local-proxy-mode");
  if (side.length !== 1 || (side[0] !== "source" && side[0] !== "destination")) {
    return denied(BAD_REQUEST, "local-proxy-mode must be source or destination");
  }
  const offered = (header("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  if (!offered.includes(TUNNEL)) return denied(BAD_REQUEST, `the subprotocols must have ${TUNNEL}`);
  const inList = after(offered, ACCESS_TOKEN).map(decodeToken);
  const accessTokens = [...inList, ...cookies(header("cookie"), rules.cookie ?? COOKIE)];
  const [accessToken] = accessTokens;
  if (accessTokens.length !== 1 || accessToken === undefined || !/^[!-~]+$/.test(accessToken)) {
    return denied(BAD_REQUEST, "exactly one access token must come, as a subprotocol in base64url or in a cookie");
  }
  const clientTokens = after(offered, CLIENT_TOKEN);
  if (clientTokens.length > 1 || clientTokens.some((token) => !/^[a-zA-Z0-9-]{32,128}$/.test(token))) {
    return denied(BAD_REQUEST, "at most one client token may come, of 32 to 128 characters of [a-zA-Z0-9-]");
  }
  return { side: side[0], accessToken, clientToken: clientTokens[0], hearsRefusal: offered.includes(REFUSAL) };
}

function denied(status: number, reason: string): Denied {
  return { status, reason };
}

function isHandshake(header: Header): boolean {
  const isUpgrade = header("upgrade")?.toLowerCase() === "websocket";
  return isUpgrade && header("sec-websocket-version") === "13" && KEY.test(header("sec-websocket-key") ?? "");
}

/** Browsers say with every WebSocket which page it is of. Whoever says nothing is no browser, and no page can make him ask. */
function isAllowed(header: Header, allowed: readonly string[] | undefined): boolean {
  const origin = header("origin");
  if (origin === undefined) return true;
  if (allowed !== undefined) return allowed.includes(origin);
  return URL.canParse(origin) && new URL(origin).host === header("host")?.toLowerCase();
}

function after(names: string[], prefix: string): string[] {
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

function cookies(header: string | undefined, name: string): string[] {
  return after((header ?? "").split(";").map((pair) => pair.trim()), `${name}=`);
}
