/** The types of rules, rotations and errors. */

import { expectTypeOf } from "expect-type";
import init, {
  CapacityError,
  type ClientMode,
  type ErrorCode,
  MisuseError,
  type MisuseCode,
  type Notification,
  PeerFaultError,
  RefusalError,
  type RotateInput,
  type RotateResponse,
  type Rotation,
  type ServiceId,
  type Side,
  type ThingName,
  TunnelError,
  type TunnelId,
  type Violation,
  initFrom,
  initSync,
  parseNotification,
  parseRotateRequest,
  parseRotateResponse,
  parseServiceId,
  parseThingName,
  parseTunnelId,
  rotateRequest,
  rotationOf,
} from "iot-tunnel";

// init: once, from the package itself or from where the WebAssembly is.
expectTypeOf(init()).toEqualTypeOf<Promise<void>>();
// @ts-expect-error: it takes its own
void init(new URL("https://console.example/connection_bg.wasm"));
expectTypeOf(initFrom(new URL("https://console.example/connection_bg.wasm"))).toEqualTypeOf<Promise<void>>();
void initFrom(new Uint8Array(8));
// @ts-expect-error: a number is no source
void initFrom(42);
// @ts-expect-error: nor is nothing
void initFrom();
expectTypeOf(initSync(new ArrayBuffer(8))).toBeVoid();
// @ts-expect-error: an address cannot be loaded without waiting
initSync("connection_bg.wasm");
// @ts-expect-error: nor can nothing
initSync();

// Identifiers are texts of their own kind, which only their parser makes.
const id = parseTunnelId("3fa85f64-5717");
expectTypeOf(id).toEqualTypeOf<TunnelId>();
expectTypeOf<TunnelId>().toExtend<string>();
expectTypeOf<string>().not.toExtend<TunnelId>();
expectTypeOf<ThingName>().not.toExtend<TunnelId>();
expectTypeOf(parseThingName("pump-7")).toEqualTypeOf<ThingName>();
expectTypeOf(parseServiceId("SSH")).toEqualTypeOf<ServiceId>();
// @ts-expect-error: it was never checked
const unchecked: TunnelId = "3fa85f64-5717";
// @ts-expect-error: a thing's name is no tunnel's id
const mixed: TunnelId = parseThingName("pump-7");
// @ts-expect-error: an id is a text
parseTunnelId(7);

// The modes and sides are words.
expectTypeOf<ClientMode>().toEqualTypeOf<"SOURCE" | "DESTINATION" | "ALL">();
expectTypeOf<Side>().toEqualTypeOf<"source" | "destination">();
expectTypeOf(rotationOf("ALL")).toEqualTypeOf<Rotation>();
// @ts-expect-error: in upper case
rotationOf("all");

// A form may hold anything that was typed; what may be sent is known only after a look at `ok`.
const request = rotateRequest({ tunnelId: "typed", clientMode: "perhaps", destinationConfig: { services: ["SSH", undefined] } });
expectTypeOf(request.ok).toEqualTypeOf<boolean>();
// @ts-expect-error: perhaps there is none
void request.input;
// @ts-expect-error: perhaps nothing is wrong
void request.violations;
if (request.ok) {
  expectTypeOf(request.input).toEqualTypeOf<RotateInput>();
  expectTypeOf(request.input.clientMode).toEqualTypeOf<ClientMode>();
  expectTypeOf(request.body).toBeString();
} else {
  expectTypeOf(request.violations).toEqualTypeOf<Violation[]>();
  expectTypeOf(request.exception).toEqualTypeOf<"SerializationException" | "ValidationException" | "LimitExceededException">();
}
// @ts-expect-error: no member is called so
rotateRequest({ tunnelID: "t-1" });
expectTypeOf(parseRotateRequest).parameter(0).not.toBeAny();
expectTypeOf(parseRotateRequest(new Uint8Array(2))).toEqualTypeOf(request);

expectTypeOf(parseRotateResponse("{}")).toEqualTypeOf<RotateResponse>();
expectTypeOf<RotateResponse["sourceAccessToken"]>().toEqualTypeOf<string | undefined>();
expectTypeOf(parseNotification(new ArrayBuffer(2))).toEqualTypeOf<Notification>();
expectTypeOf<Notification["clientMode"]>().toEqualTypeOf<Side>();
// @ts-expect-error: the text, not what JSON.parse made of it
parseNotification({ clientAccessToken: "" });

// Errors tell whose fault it is, and their codes are words that are known.
declare const error: unknown;
expectTypeOf<TunnelError["code"]>().toEqualTypeOf<ErrorCode>();
expectTypeOf<TunnelError["party"]>().toEqualTypeOf<"caller" | "service" | "peer" | "room">();
expectTypeOf<MisuseError>().toExtend<TunnelError>();
expectTypeOf<TunnelError>().toExtend<Error>();
if (error instanceof RefusalError) {
  expectTypeOf(error.party).toEqualTypeOf<"service">();
  expectTypeOf(error.status).toEqualTypeOf<number | undefined>();
  // @ts-expect-error: no refusal is called so
  void (error.code === "InvalidTunnelId");
}
if (error instanceof MisuseError) {
  expectTypeOf(error.code).toEqualTypeOf<MisuseCode>();
  void (error.code === "InvalidTunnelId");
  // @ts-expect-error: an error does not change
  error.code = "InvalidTunnelId";
}
if (error instanceof PeerFaultError) expectTypeOf(error.party).toEqualTypeOf<"peer">();
if (error instanceof CapacityError) expectTypeOf(error.party).toEqualTypeOf<"room">();
// @ts-expect-error: it takes more than a message to make one
new MisuseError("something");
