/** Who may use a bridge, and with what token. */

import type { Side } from "../rules.js";
import { ACCESS_TOKEN, CLIENT_TOKEN, REFUSAL, TUNNEL, decodeToken } from "../subprotocol.js";
import { textIfGiven, texts } from "../values.js";

/** Whom a bridge lets in. */
export interface AdmissionRules {
  /**
   * The origins whose pages may use it, such as `https://console.example`. By default the bridge's own: the page's host and
   * port are those that the request is for, and the page came by https where the bridge's own server speaks that. Set it
   * behind a proxy that ends TLS, or changes the `Host` header. A page of another origin is not told why it is refused.
   */
  allowedOrigins?: readonly string[] | undefined;
  /** The cookie in which the access token may come, percent-encoded or not; `awsiot-tunnel-token` by default. */
  cookie?: string | undefined;
}

/** They, judged: of one text every part would be an origin. */
export function admissionOf({ allowedOrigins, cookie }: AdmissionRules): AdmissionRules {
  return {
    allowedOrigins: allowedOrigins === undefined ? undefined : texts("allowedOrigins", allowedOrigins),
    cookie: textIfGiven("cookie", cookie),
  };
}

/** What is judged of a request. */
export interface Handshake {
  method: string;
  /** With or without the origin. */
  url: string;
  /** A header, if it is there; where it is there twice, both values with a comma between. */
  header(name: string): string | undefined;
  /** Whether it came by https. Where it did not, a proxy's may have. */
  isSecure: boolean;
  /** Whether there are as many connections as there may be. */
  isFull: boolean;
}

/** How a page is told that it gets no connection. */
interface Hearing {
  /** By a close frame: it is told no status. Not where it may not know that there is a bridge. */
  hearsRefusal: boolean;
}

/** What a browser asked for. */
interface Admitted extends Hearing {
  side: Side;
  accessToken: string;
  clientToken: string | undefined;
}

/** Why it is not let in: an HTTP status, and words that hold nothing of the request. */
interface Denied extends Hearing {
  status: number;
  reason: string;
}

const COOKIE = "awsiot-tunnel-token";
/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Judges a handshake, before anything is said to the service. It never throws, whatever the request is. */
export function admit({ method, url, header, isSecure, isFull }: Handshake, rules: AdmissionRules): Admitted | Denied {
  const isHandshake = header("upgrade")?.toLowerCase() === "websocket" && KEY.test(header("sec-websocket-key") ?? "");
  if (method !== "GET" || !isHandshake || header("sec-websocket-version") !== "13") {
    return { status: 426, reason: "this is for WebSockets of version 13", hearsRefusal: false };
  }
  const [origin, host] = [header("origin"), header("host") ?? ""];
  // Browsers say with every WebSocket which page it is of. Whoever says nothing is no browser, and no page can make him ask.
  if (origin !== undefined && !(rules.allowedOrigins?.includes(origin) ?? isOwn(origin, host, isSecure))) {
    return { status: 403, reason: "the page's origin is not allowed", hearsRefusal: false };
  }
  const offered = (header("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  const hearsRefusal = offered.includes(REFUSAL);
  const denied = (reason: string): Denied => ({ status: 400, reason, hearsRefusal });
  const side = URL.canParse(url, "http://any") ? new URL(url, "http://any").searchParams.getAll("local-proxy-mode") : [];
  if (side.length !== 1 || (side[0] !== "source" && side[0] !== "destination")) {
    return denied("local-proxy-mode must be source or destination");
  }
  if (!offered.includes(TUNNEL)) return denied(`the subprotocols must have ${TUNNEL}`);
  const inList = after(offered, ACCESS_TOKEN).map(decodeToken);
  const accessTokens = [...inList, ...cookies(header("cookie"), rules.cookie ?? COOKIE)];
  const [accessToken] = accessTokens;
  if (accessTokens.length !== 1 || accessToken === undefined || !/^[!-~]+$/.test(accessToken)) {
    return denied("exactly one access token must come, as a subprotocol in base64url or in a cookie");
  }
  const clientTokens = after(offered, CLIENT_TOKEN);
  if (clientTokens.length > 1 || clientTokens.some((token) => !/^[a-zA-Z0-9-]{32,128}$/.test(token))) {
    return denied("at most one client token may come, of 32 to 128 characters of [a-zA-Z0-9-]");
  }
  if (isFull) return { status: 503, reason: "too many connections: try again later", hearsRefusal };
  return { side: side[0], accessToken, clientToken: clientTokens[0], hearsRefusal };
}

/** Whether a page is of the origin that its request is for. A port that is not said is that of the page's scheme. */
function isOwn(origin: string, host: string, isSecure: boolean): boolean {
  const scheme = /^https?:/.exec(origin)?.[0];
  if (scheme === undefined || (isSecure && scheme !== "https:")) return false;
  const own = `${scheme}//${host}`;
  return URL.canParse(own) && new URL(own).origin === origin;
}

function after(names: string[], prefix: string): string[] {
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

/** The values of a cookie; nothing for one that is not encoded as it should be. */
function cookies(header: string | undefined, name: string): (string | undefined)[] {
  const pairs = (header ?? "").split(";").map((pair) => pair.trim());
  return after(pairs, `${name}=`).map((value) => {
    try {
      return decodeURIComponent(value.replace(/^"(.*)"$/, "$1"));
    } catch {
      return undefined;
    }
  });
}
