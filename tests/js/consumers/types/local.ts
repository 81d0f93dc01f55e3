/** The types of what needs no service. */

import { expectTypeOf } from "expect-type";
import { RefusalError, type RotateInput, type TunnelError } from "iot-tunnel";
import init, { type Effect, LocalTunnel, RefusalError as LocalRefusalError, type Message, type Rotated, decodeMessage, encodeMessage } from "iot-tunnel/local";

expectTypeOf(init()).toEqualTypeOf<Promise<void>>();
const { tunnel, sourceAccessToken } = LocalTunnel.open({ destinationConfig: { services: ["SSH"] }, now: () => 0 });
expectTypeOf(tunnel).toEqualTypeOf<LocalTunnel>();
expectTypeOf(sourceAccessToken).toBeString();
// @ts-expect-error: tunnels are opened
new LocalTunnel();
// @ts-expect-error: a destination has services
LocalTunnel.open({ destinationConfig: {} });

// What a rotation takes is what a valid request holds.
const input: RotateInput = { tunnelId: "t-1", clientMode: "ALL" };
const rotated = tunnel.rotate(input);
expectTypeOf(rotated).toEqualTypeOf<Rotated>();
expectTypeOf(rotated.sourceAccessToken).toEqualTypeOf<string | undefined>();
expectTypeOf(tunnel.connect({ side: "source", accessToken: "token" }).connection).toBeNumber();
// @ts-expect-error: no such mode
tunnel.rotate({ clientMode: "BOTH" });
expectTypeOf(tunnel.deadline).toBeNumber();
expectTypeOf(tunnel.describe().closedBy).toEqualTypeOf<"request" | "lifetime" | undefined>();

// Effects are told apart by their type.
export function perform(effect: Effect): void {
  // @ts-expect-error: not every effect has a token
  void effect.accessToken;
  switch (effect.type) {
    case "disconnect":
      return void expectTypeOf(effect.connection).toBeNumber();
    case "reset-peer":
      return void expectTypeOf(effect.side).toEqualTypeOf<"source" | "destination">();
    case "notify":
      return void expectTypeOf(effect.services).toEqualTypeOf<string[]>();
    case "deleted":
      return;
  }
  expectTypeOf(effect).toBeNever();
}

expectTypeOf(decodeMessage(new Uint8Array(2))).toEqualTypeOf<Message>();
expectTypeOf(encodeMessage({ type: 1 })).toEqualTypeOf<Uint8Array>();
// @ts-expect-error: its payload is bytes
encodeMessage({ payload: "text" });
expectTypeOf<TunnelError>().not.toBeAny();
expectTypeOf<LocalRefusalError>().toEqualTypeOf<RefusalError>();
