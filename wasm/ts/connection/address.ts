/** How a connection comes to its WebSocket: address, and where the tokens stand. */

import { MisuseError, tunnelError } from "../errors.js";
import type { Side } from "../rules.js";
import { ACCESS_TOKEN, CLIENT_TOKEN, REFUSAL, TUNNEL, encodeToken } from "../subprotocol.js";
import { functionIfGiven, text } from "../values.js";
import type { Clock } from "./clock.js";
import type { Tokens } from "./config.js";
import type { Link, LinkListener } from "./link.js";
import * as FAULT from "./fault.js";
import { type WebSocketConstructor, WebSocketLink } from "./websocket.js";

/**
 * How the access token travels: as a header, which needs a WebSocket that can send one, such as that of the npm package
 * `ws`; or to a bridge, as a subprotocol or in a cookie that is there already.
 */
export type TokenPlace = "header" | "subprotocol" | "cookie";

const PLACES: readonly TokenPlace[] = ["header", "subprotocol", "cookie"];

/** What an engine may have. */
interface Engine {
  location?: { href: string };
  WebSocket?: WebSocketConstructor;
}

/** The address for a side of the tunnel. In a page it may be relative. `name` is what the caller calls it. */
export function addressOf(url: string | URL, side: Side, name = "url"): string {
  const base = (globalThis as Engine).location?.href;
  const given = url instanceof URL ? url.href : text(name, url);
  const address = URL.canParse(given, base) ? new URL(given, base) : undefined;
  if (address === undefined || !/^(ws|http)s?:$/.test(address.protocol)) {
    const isRelative = address === undefined && URL.canParse(given, "ws://any");
    const allowed = isRelative ? "can be relative in a page only: here it begins with wss: or ws:" : "is one of wss: or ws:";
    throw new MisuseError(FAULT.invalidEndpoint, "InvalidEndpoint", `the ${name} of a tunnel ${allowed}`);
  }
  address.protocol = address.protocol.replace("http", "ws");
  if (address.pathname === "/") address.pathname = "/tunnel";
  address.searchParams.set("local-proxy-mode", side);
  address.hash = "";
  return address.href;
}

/** What opens WebSockets to that address. */
export function opener(
  url: string,
  tokenIn: TokenPlace,
  given: WebSocketConstructor | undefined,
  clock: Clock,
): (tokens: Tokens, listener: LinkListener) => Link {
  functionIfGiven("WebSocket", given);
  if (!PLACES.includes(tokenIn)) {
    throw new MisuseError(FAULT.unknownEnumValue, "UnknownEnumValue", `tokenIn is ${PLACES.join(", ")}`);
  }
  // Not Chromium's WebSocketStream, though its reading could be stopped: where the connection drops during a write, it ends the
  // whole tab (seen with Chromium 156); and while its reading is stopped, it answers no ping and does not notice a drop.
  const Socket = tokenIn === "header" ? given : (given ?? (globalThis as Engine).WebSocket);
  if (Socket === undefined) throw tunnelError(FAULT.noWebSocket);
  return (tokens, listener) => {
    const socket = new Socket(url, protocolsOf(tokens, tokenIn), {
      headers: tokenIn === "header" ? headersOf(tokens) : {},
      followRedirects: false,
      perMessageDeflate: false,
    });
    return new WebSocketLink(socket, listener, clock);
  };
}

function headersOf({ accessToken, clientToken }: Tokens): Record<string, string> {
  return { "access-token": accessToken, ...(clientToken && { "client-token": clientToken }) };
}

function protocolsOf({ accessToken, clientToken }: Tokens, tokenIn: TokenPlace): string[] {
  if (tokenIn === "header") return [TUNNEL];
  return [
    TUNNEL,
    ...(tokenIn === "subprotocol" ? [ACCESS_TOKEN + encodeToken(accessToken)] : []),
    ...(clientToken ? [CLIENT_TOKEN + clientToken] : []),
    REFUSAL,
  ];
}
