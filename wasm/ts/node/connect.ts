/** A connection from a host. */

import { MisuseError } from "../errors.js";
import { TunnelConnection, type TunnelConnectionOptions, init, parseRegion } from "../index.js";
import * as FAULT from "../connection/fault.js";
import { object, text } from "../values.js";
import { type Transport, webSocket } from "./websocket.js";

/** What a connection from a host is told once: as any other, but for the WebSocket, which is that of `ws`. */
export interface ConnectOptions extends Omit<TunnelConnectionOptions, "url" | "tokenIn" | "WebSocket">, Transport {
  /** The region of the service; or give `url`. */
  region?: string | undefined;
  /** The address of the data plane; or give `region`. */
  url?: string | URL | undefined;
}

/**
 * Connects from a host: loads the WebAssembly, and takes the WebSocket of the npm package `ws`, which must be installed.
 * `tls` is for a service with another authority, such as `{ ca }`; `agent` for a way through a proxy.
 *
 * ```ts
 * const connection = await connect({ region: "eu-west-1", side: "source", services: ["SSH"], accessToken });
 * ```
 *
 * @throws {@link MisuseError} `NoWebSocket` without `ws`, `InvalidEndpoint`, `InvalidRegion`, and what {@link TunnelConnection}
 * throws.
 */
export async function connect(options: ConnectOptions): Promise<TunnelConnection> {
  const { region, url, tls, agent, ...others } = object("options", options);
  const [WebSocket] = await Promise.all([webSocket({ tls, agent }), init()]);
  return new TunnelConnection({ ...others, url: addressOf(region, url), tokenIn: "header", WebSocket });
}

function addressOf(region: string | undefined, url: string | URL | undefined): string | URL {
  if (region === undefined && url !== undefined) return url;
  if (region === undefined || url !== undefined) {
    throw new MisuseError(FAULT.invalidEndpoint, "InvalidEndpoint", "give either a region or a url");
  }
  const domain = text("region", region).startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `wss://data.tunneling.iot.${parseRegion(region)}.${domain}`;
}
