/** The types of what runs on a host. */

import { type Server, createServer } from "node:http";

import { expectTypeOf } from "expect-type";
import type { TunnelConnection } from "iot-tunnel";
import { type Bridge, type BridgeEvent, type End, type FetchBridgeOptions, bridge, fetchBridge } from "iot-tunnel/bridge";
import { type Listening, type Serving, connect, listen, serve } from "iot-tunnel/node";

export async function host(): Promise<void> {
  const connection = await connect({ region: "eu-west-1", side: "source", services: ["SSH"], accessToken: "token", tls: { ca: "PEM" } });
  expectTypeOf(connection).toEqualTypeOf<TunnelConnection>();
  // @ts-expect-error: it is always a header
  await connect({ region: "eu-west-1", side: "source", tokenIn: "cookie" });
  // @ts-expect-error: nothing says which end
  await connect({ region: "eu-west-1" });

  const listening = await listen({ connection, service: "SSH", port: 0 });
  expectTypeOf(listening).toEqualTypeOf<Listening>();
  expectTypeOf(listening.port).toBeNumber();
  // @ts-expect-error: a port is a number
  await listen({ connection, port: "5555" });
  // @ts-expect-error: no port to reach
  serve({ connection, service: "SSH" });
  expectTypeOf(serve({ connection, port: 22 })).toEqualTypeOf<Serving>();
}

export async function mount(server: Server): Promise<void> {
  const tunnels = await bridge({ target: "wss://data.example", allowedOrigins: ["https://console.example"], onEvent: log });
  expectTypeOf(tunnels).toEqualTypeOf<Bridge>();
  server.on("upgrade", tunnels.upgrade);
  createServer().on("upgrade", (request, socket, head) => tunnels.upgrade(request, socket, head));
  // @ts-expect-error: where to?
  await bridge({});
  // @ts-expect-error: a list, so that no origin is a part of another
  await bridge({ target: "wss://data.example", allowedOrigins: "https://console.example" });
  // @ts-expect-error: the engine's own ways to a WebSocket are missing
  fetchBridge({ target: "wss://data.example" });
}

export function handler(accept: FetchBridgeOptions["accept"], open: (url: string, signal: AbortSignal) => Promise<End>): void {
  const handle = fetchBridge({
    target: "wss://data.example",
    maxConnections: 10,
    handshakeTimeout: 1000,
    accept,
    async connect(url, { protocols, headers, signal }) {
      expectTypeOf(protocols).toEqualTypeOf<string[]>();
      expectTypeOf(headers).toEqualTypeOf<Record<string, string>>();
      return { socket: await open(url, signal) };
    },
  });
  expectTypeOf(handle).returns.toEqualTypeOf<Promise<Response>>();
}

function log(event: BridgeEvent): void {
  // @ts-expect-error: not every event is a refusal
  void event.status;
  if (event.type === "refused") expectTypeOf(event.status).toBeNumber();
  if (event.type === "closed") expectTypeOf(event.by).toEqualTypeOf<"browser" | "service">();
  if (event.type === "denied") expectTypeOf(event.origin).toEqualTypeOf<string | undefined>();
}
