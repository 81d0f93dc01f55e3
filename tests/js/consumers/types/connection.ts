/** The types of a connection, its events and its streams. */

import { expectTypeOf } from "expect-type";
import {
  type Clock,
  type ConnectionState,
  RefusalError,
  TunnelConnection,
  type TunnelConnectionOptions,
  type TunnelError,
  type TunnelStream,
  type WebSocketConstructor,
  type WithoutToken,
} from "iot-tunnel";

const connection = new TunnelConnection({ url: "/tunnel", side: "source", services: ["SSH"], accessToken: "token" });
expectTypeOf(connection).toExtend<EventTarget>();
expectTypeOf(connection.state).toEqualTypeOf<ConnectionState>();
expectTypeOf<ConnectionState>().toEqualTypeOf<
  "connecting" | "awaiting-services" | "open" | "backoff" | "awaiting-token" | "closed"
>();
expectTypeOf(connection.services).toEqualTypeOf<readonly string[]>();
// @ts-expect-error: it is where it is
connection.state = "open";

// What is told once: only the address and the side are needed.
expectTypeOf<{ url: string; side: "source" }>().toExtend<TunnelConnectionOptions>();
new TunnelConnection({ url: new URL("wss://data.example"), side: "destination", accessToken: undefined, clientToken: null });
// @ts-expect-error: no address
new TunnelConnection({ side: "source" });
// @ts-expect-error: no such side
new TunnelConnection({ url: "/tunnel", side: "left" });
// @ts-expect-error: no token travels there
new TunnelConnection({ url: "/tunnel", side: "source", tokenIn: "query" });
new TunnelConnection({ url: "/tunnel", side: "source", getToken: async (why) => (expectTypeOf(why).toEqualTypeOf<WithoutToken>(), "token") });
// @ts-expect-error: an answer is no token
new TunnelConnection({ url: "/tunnel", side: "source", getToken: () => fetch("/api/token") });
// @ts-expect-error: a list of names
new TunnelConnection({ url: "/tunnel", side: "source", services: "SSH" });
// @ts-expect-error: no WebSocket is made by that
new TunnelConnection({ url: "/tunnel", side: "source", WebSocket: class {} });
const services: readonly string[] = ["SSH"];
const clock: Clock = { now: () => 0, setTimeout: () => 1, clearTimeout: () => {} };
new TunnelConnection({ url: "/tunnel", side: "source", services, clock, signal: new AbortController().signal });
expectTypeOf<TunnelConnectionOptions["WebSocket"]>().toEqualTypeOf<WebSocketConstructor | undefined>();

// Events have the types of their names; others are events as such.
connection.addEventListener("statechange", function (event) {
  expectTypeOf(this).toEqualTypeOf<TunnelConnection>();
  expectTypeOf(event.state).toEqualTypeOf<ConnectionState>();
  expectTypeOf(event.previous).toEqualTypeOf<ConnectionState>();
  expectTypeOf(event.retryIn).toEqualTypeOf<number | undefined>();
});
connection.addEventListener("token", ({ why, error }) => {
  expectTypeOf(why).toEqualTypeOf<"none" | "spent" | "refused">();
  expectTypeOf(error).toEqualTypeOf<RefusalError | undefined>();
});
connection.addEventListener("error", ({ error }) => expectTypeOf(error).toEqualTypeOf<TunnelError>(), { once: true });
connection.addEventListener("whatever", (event) => expectTypeOf(event).toEqualTypeOf<Event>());
// @ts-expect-error: a change of state has no token
connection.addEventListener("statechange", ({ accessToken }) => accessToken);
const listener = (event: Event) => void event;
connection.addEventListener("token", listener);
connection.removeEventListener("token", listener);

expectTypeOf(connection.replaceToken("token")).toEqualTypeOf<"new" | "same" | "earlier">();
// @ts-expect-error: a token is a text
connection.replaceToken(undefined);
expectTypeOf(connection.close()).toBeVoid();

// Streams carry bytes.
export async function streams(): Promise<void> {
  const stream = await connection.open("SSH", { signal: AbortSignal.timeout(1000) });
  expectTypeOf(stream).toEqualTypeOf<TunnelStream>();
  expectTypeOf(stream.service).toEqualTypeOf<string | undefined>();
  expectTypeOf(stream.closed).toEqualTypeOf<Promise<void>>();
  const { value } = await stream.readable.getReader().read();
  expectTypeOf(value).toEqualTypeOf<Uint8Array<ArrayBuffer> | undefined>();
  const writer = stream.writable.getWriter();
  await writer.write(new Uint8Array(1));
  await writer.write(new ArrayBuffer(1));
  // @ts-expect-error: encode it first
  await writer.write("text");
  // @ts-expect-error: this comes from the session alone
  stream.push(new Uint8Array(1));
  for await (const arrived of connection.streams("SSH")) {
    expectTypeOf(arrived).toEqualTypeOf<TunnelStream>();
    void arrived.readable.pipeTo(arrived.writable);
    arrived.reset(new Error("enough"));
  }
}
