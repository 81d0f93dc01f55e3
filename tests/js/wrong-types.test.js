/**
 * Every public function with values of types that it does not take, one by one: a `TypeError` that names the value, and no trap
 * in WebAssembly. Numbers that a field cannot hold are refused too, and never become others.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as bridges from "../../wasm/dist/bridge.js";
import * as errors from "../../wasm/dist/error-of.js";
import * as tunnel from "../../wasm/dist/index.js";
import * as local from "../../wasm/dist/local.js";
import * as node from "../../wasm/dist/node.js";
import { connect } from "./model.js";

/** What is not of that type. */
const NOT = {
  text: [undefined, null, 5, true, {}, ["SSH"], Symbol("text"), new String("SSH")],
  texts: ["SSH", null, 5, {}, new Set(["SSH"]), [1], ["SSH", undefined], [, "SSH"], [["SSH"]]],
  flag: ["yes", 0, 1, null, {}],
  number: ["5", null, true, {}, 5n, [5]],
  bytes: ["text", 5, null, {}, [1, 2], { length: 2 }],
  textOrBytes: [undefined, 5, null, {}, [1, 2], { length: 2 }],
  function: ["f", 5, null, {}],
  object: ["text", 5, true, null, Symbol("object"), () => {}],
  signal: ["text", 5, null, {}, new AbortController()],
};
const without = (type, ...allowed) => NOT[type].filter((value) => !allowed.includes(value));
/** Of what may be left out. */
const OPTIONAL = without("text", undefined);

const source = connect().connection;
const destination = connect({ side: "destination" }).connection;
const opened = () => local.LocalTunnel.open({ tunnelId: "t-1", destinationConfig: { services: ["SSH"] } });
const { tunnel: record, sourceAccessToken: accessToken } = opened();
const written = async (chunk) => {
  const rig = connect();
  rig.open();
  return (await rig.connection.open("SSH")).writable.getWriter().write(chunk);
};

const CLOCK = { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} };

/** Calls with one option that is wrong. */
const options = (call, types) =>
  Object.fromEntries(Object.entries(types).map(([name, values]) => [name, [values, (value) => call({ [name]: value })]]));
/** Calls with options that are none. */
const all = (call) => ({ options: [[undefined, ...NOT.object], call] });
const CONNECTION = {
  services: NOT.texts,
  accessToken: OPTIONAL,
  clientToken: without("text", undefined, null),
  maxPayload: NOT.number,
  receiveLimit: NOT.number,
};
const PORT = { port: [undefined, ...NOT.number], service: OPTIONAL, host: OPTIONAL, onError: NOT.function };
const BRIDGE = {
  allowedOrigins: without("texts", undefined),
  cookie: OPTIONAL,
  ...Object.fromEntries(["maxConnections", "handshakeTimeout", "maxMessage", "maxBuffered", "pingInterval"].map((name) => [name, NOT.number])),
  onEvent: NOT.function,
};
const TARGET = "wss://service.example";

/** By entry and function what it takes: by name the wrong values, and the call with one of them. */
const TABLE = {
  "iot-tunnel": [tunnel, {
    parseTunnelId: { tunnelId: [NOT.text, tunnel.parseTunnelId] },
    parseThingName: { thingName: [NOT.text, tunnel.parseThingName] },
    parseServiceId: { service: [NOT.text, tunnel.parseServiceId] },
    parseRegion: { region: [NOT.text, tunnel.parseRegion] },
    parseClientToken: { clientToken: [NOT.text, tunnel.parseClientToken] },
    parseRotateRequest: { body: [NOT.textOrBytes, tunnel.parseRotateRequest] },
    parseRotateResponse: { body: [NOT.textOrBytes, tunnel.parseRotateResponse] },
    parseNotification: { payload: [NOT.textOrBytes, tunnel.parseNotification] },
    TunnelConnection: {
      ...all((value) => new tunnel.TunnelConnection(value)),
      ...options(connect, { ...CONNECTION, url: NOT.text, WebSocket: NOT.function, getToken: NOT.function, signal: NOT.signal }),
      clock: [without("object", undefined), (clock) => connect({ clock })],
      ...Object.fromEntries(
        ["now", "setTimeout", "clearTimeout"].map((name) => [
          `clock.${name}`,
          [[undefined, ...NOT.function], (value) => connect({ clock: { ...CLOCK, [name]: value } })],
        ]),
      ),
      "what clock.now() gives": [NOT.number, (now) => connect({ clock: { ...CLOCK, now: () => now } })],
    },
    "TunnelConnection.replaceToken": {
      accessToken: [NOT.text, (value) => source.replaceToken(value)],
      clientToken: [without("text", undefined, null), (clientToken) => source.replaceToken("token-2", { clientToken })],
      options: [NOT.object, (value) => source.replaceToken("token-2", value)],
    },
    "TunnelConnection.open": {
      service: [OPTIONAL, (value) => source.open(value)],
      options: [NOT.object, (value) => source.open("SSH", value)],
      signal: [NOT.signal, (signal) => source.open("SSH", { signal })],
    },
    "TunnelConnection.streams": { service: [OPTIONAL, (value) => destination.streams(value)] },
    "TunnelStream.writable": { "what is written": [without("bytes", null), written] },
  }],
  "iot-tunnel/local": [local, {
    claimedTunnelId: { accessToken: [NOT.text, local.claimedTunnelId] },
    decodeMessage: { "a message": [NOT.bytes, local.decodeMessage] },
    encodeMessage: {
      "a message": [[undefined, ...NOT.object], local.encodeMessage],
      ...options(local.encodeMessage, {
        type: NOT.number,
        streamId: NOT.number,
        ignorable: NOT.flag,
        payload: NOT.bytes,
        serviceId: OPTIONAL,
        availableServiceIds: NOT.texts,
        connectionId: NOT.number,
      }),
    },
    "LocalTunnel.open": {
      options: [NOT.object, local.LocalTunnel.open],
      destinationConfig: [without("object", null), (destinationConfig) => local.LocalTunnel.open({ destinationConfig })],
      ...options(local.LocalTunnel.open, { tunnelId: OPTIONAL, lifetimeMinutes: NOT.number, now: NOT.function }),
      "destinationConfig.services": [[undefined, ...NOT.texts], (services) => local.LocalTunnel.open({ destinationConfig: { services } })],
      "destinationConfig.thingName": [
        OPTIONAL,
        (thingName) => local.LocalTunnel.open({ destinationConfig: { services: ["SSH"], thingName } }),
      ],
      "what now() gives": [NOT.number, (now) => local.LocalTunnel.open({ now: () => now })],
    },
    "LocalTunnel.connect": {
      handshake: [[undefined, ...NOT.object], (value) => record.connect(value)],
      accessToken: [NOT.text, (value) => record.connect({ side: "source", accessToken: value })],
      clientToken: [OPTIONAL, (clientToken) => record.connect({ side: "source", accessToken, clientToken })],
      clientTokenInUse: [NOT.flag, (clientTokenInUse) => record.connect({ side: "source", accessToken, clientTokenInUse })],
    },
    "LocalTunnel.binds": { clientToken: [NOT.text, (value) => record.binds(value)] },
    "LocalTunnel.disconnect": { connection: [[undefined, ...NOT.number], (value) => record.disconnect("source", value)] },
    "LocalTunnel.rotate": {
      request: [[undefined, ...NOT.object], (value) => record.rotate(value)],
      destinationConfig: [without("object", null), (destinationConfig) => record.rotate({ clientMode: "ALL", destinationConfig })],
      "destinationConfig.services": [
        [undefined, ...NOT.texts],
        (services) => record.rotate({ clientMode: "ALL", destinationConfig: { thingName: "pump-7", services } }),
      ],
      "destinationConfig.thingName": [
        OPTIONAL,
        (thingName) => record.rotate({ clientMode: "ALL", destinationConfig: { services: ["SSH"], thingName } }),
      ],
    },
    "LocalTunnel.close": {
      options: [NOT.object, (value) => record.close(value)],
      delete: [NOT.flag, (value) => record.close({ delete: value })],
    },
  }],
  "iot-tunnel/node": [node, {
    connect: {
      ...all(node.connect),
      ...options((given) => node.connect({ url: TARGET, side: "source", accessToken: "token-1", ...given }), { ...CONNECTION, url: OPTIONAL }),
      region: [OPTIONAL, (region) => node.connect({ side: "source", region })],
    },
    listen: { ...all(node.listen), ...options((given) => node.listen({ connection: source, port: 0, ...given }), PORT) },
    serve: { ...all(node.serve), ...options((given) => node.serve({ connection: destination, port: 22, ...given }), PORT) },
  }],
  "iot-tunnel/bridge": [bridges, {
    bridge: {
      ...all(bridges.bridge),
      ...options((given) => bridges.bridge({ target: TARGET, ...given }), { target: NOT.text, ...BRIDGE }),
    },
    fetchBridge: {
      ...all(bridges.fetchBridge),
      ...options((given) => bridges.fetchBridge({ target: TARGET, accept() {}, connect() {}, ...given }), {
        target: NOT.text,
        accept: NOT.function,
        connect: NOT.function,
        ...BRIDGE,
      }),
    },
  }],
  "iot-tunnel/errors": [errors, { errorOf: { number: [[undefined, ...NOT.number], errors.errorOf] } }],
};

/** Functions that take values of any type, or words, which are judged as such below; and what takes nothing. */
const OTHERS = ["rotateRequest", "rotationOf", "LocalTunnel.expire", "LocalTunnel.describe", "TunnelConnection.close"];
/** They load the WebAssembly, which is there already; errors are nobody's to make. */
const NOT_JUDGED = /^(default|init|initFrom|initSync|\w+Error)$/;

test("the table has every public function", () => {
  let walked = 0;
  for (const [entry, [exports, rows]] of Object.entries(TABLE)) {
    for (const [name, value] of Object.entries(exports)) {
      if (NOT_JUDGED.test(name) || typeof value !== "function") continue;
      const isClass = /^class\b/.test(String(value));
      const methods = isClass ? Object.entries(Object.getOwnPropertyDescriptors(value.prototype)) : [];
      const named = methods.filter(([name, { value }]) => name !== "constructor" && typeof value === "function").map(([name]) => `${value.name}.${name}`);
      for (const one of isClass ? [`${name}`, ...named] : [name]) {
        const isThere = one in rows || OTHERS.includes(one) || (isClass && one === name && `${name}.open` in rows);
        assert.ok(isThere, `${entry}: ${one} is not in the table`);
        walked += 1;
      }
    }
  }
  assert.ok(walked > 30, `${walked}`);
});

for (const [entry, [, rows]] of Object.entries(TABLE)) {
  for (const [called, takes] of Object.entries(rows)) {
    test(`${entry}: ${called} refuses what is of another type, and names it`, async () => {
      const before = JSON.stringify([record.describe(), source.state, destination.state]);
      for (const [name, [values, call]] of Object.entries(takes)) {
        for (const value of values) {
          const isRight = (error) => error.name === "TypeError" && error.message.startsWith(name) && / must be /.test(error.message);
          await assert.rejects(async () => call(value), isRight, `${name}: ${String(value)}`);
        }
      }
      assert.equal(JSON.stringify([record.describe(), source.state, destination.state]), before);
    });
  }
}

test("a word that is none is refused by a code, and the words that there are are said", () => {
  for (const wrong of ["body", "SSH", 5, null, {}, ["source"]]) {
    for (const [code, call] of [
      ["UnknownEnumValue", () => connect({ side: wrong })],
      ["UnknownEnumValue", () => connect({ format: wrong })],
      ["UnknownEnumValue", () => connect({ tokenIn: wrong })],
      ["UnknownClientMode", () => tunnel.rotationOf(wrong)],
      ["UnknownClientMode", () => record.rotate({ clientMode: wrong })],
      ["UnknownEnumValue", () => record.connect({ side: wrong, accessToken })],
      ["UnknownEnumValue", () => record.disconnect(wrong, 1)],
    ]) {
      assert.throws(call, (error) => error.code === code && /source|V1|subprotocol|SOURCE/.test(error.message), `${code}: ${String(wrong)}`);
    }
  }
});

test("rotateRequest judges values of any type", () => {
  for (const wrong of [undefined, null, 5, true, {}, [], "no text", Symbol("any"), () => {}]) {
    for (const draft of [
      wrong,
      { tunnelId: wrong, clientMode: "ALL" },
      { tunnelId: "t-1", clientMode: wrong },
      { tunnelId: "t-1", clientMode: "SOURCE", destinationConfig: { services: wrong } },
    ]) {
      const request = tunnel.rotateRequest(draft);
      assert.ok(!request.ok && request.violations.length > 0, String(wrong));
    }
  }
});

test("a number that cannot be is refused, and never becomes another", async () => {
  const limits = (name, ...values) => values.map((value) => ["RangeError", name, () => bridges.bridge({ target: TARGET, [name]: value })]);
  const fields = (name, ...values) => values.map((value) => ["RangeError", name, () => local.encodeMessage({ [name]: value })]);
  const ports = (min, call) => [min - 1, 65_536, 22.5, NaN].map((port) => ["RangeError", "port", () => call(port)]);
  const lifetimes = [0, -1, 1.5, 721, 2 ** 32 + 5, NaN, Infinity];
  const payloads = [0, -1, 1.5, 64_513, 2 ** 32 + 5, NaN];
  let walked = 0;
  for (const [what, name, call] of [
    ...lifetimes.map((lifetimeMinutes) => ["LifetimeOutOfRange", "", () => local.LocalTunnel.open({ lifetimeMinutes })]),
    ...payloads.map((maxPayload) => ["MaxPayloadOutOfRange", "", () => connect({ maxPayload })]),
    ...[NaN, Infinity].map((now) => ["RangeError", "what clock.now() gives", () => connect({ clock: { ...CLOCK, now: () => now } })]),
    ...[0, -1, 1.5, NaN, Infinity].map((receiveLimit) => ["RangeError", "receiveLimit", () => connect({ receiveLimit })]),
    ...fields("type", 1.5, 2 ** 31, -(2 ** 31) - 1, NaN),
    ...fields("streamId", 1.5, 2 ** 32 + 5, NaN),
    ...fields("connectionId", -1, 1.5, 2 ** 32 + 5, NaN),
    ...[-1, 1.5, NaN, 2 ** 53].map((connection) => ["RangeError", "connection", () => record.disconnect("source", connection)]),
    ...[-1, NaN].map((now) => ["RangeError", "what now() gives", () => local.LocalTunnel.open({ now: () => now })]),
    ...limits("maxConnections", -1, 1.5, NaN),
    ...limits("handshakeTimeout", 0, 2 ** 31, NaN),
    ...limits("maxMessage", 0, 0.5, NaN),
    ...limits("maxBuffered", -1, NaN),
    ...limits("pingInterval", 0, 2 ** 31, NaN),
    ...ports(0, (port) => node.listen({ connection: source, port })),
    ...ports(1, (port) => node.serve({ connection: destination, port })),
  ]) {
    const isRight = (error) => (error.code === what || error.name === what) && error.message.startsWith(name);
    await assert.rejects(async () => call(), isRight, `${what} ${name} ${call}`);
    walked += 1;
  }
  assert.ok(walked > 50);
  assert.equal(errors.errorOf(1.5), undefined);
  assert.equal(errors.errorOf(NaN), undefined);
  const widest = { type: -(2 ** 31), streamId: 2 ** 31 - 1, connectionId: 2 ** 32 - 1 };
  const { type, streamId, connectionId } = local.decodeMessage(local.encodeMessage(widest));
  assert.deepEqual({ type, streamId, connectionId }, widest);
});

test("a client token of no characters is none that can be, and does not mean that there is none", () => {
  assert.throws(() => source.replaceToken("token-2", { clientToken: "" }), { code: "InvalidClientToken" });
});

test("a destination config is refused where rotateRequest refuses it", () => {
  for (const clientMode of ["SOURCE", "DESTINATION", "ALL"]) {
    for (const destinationConfig of [{}, { thingName: "pump-7" }, { services: [] }, { services: ["a b"] }, { services: ["SSH"] }, undefined]) {
      const isValid = tunnel.rotateRequest({ tunnelId: "t-1", clientMode, destinationConfig }).ok;
      const rotate = () => opened().tunnel.rotate({ clientMode, destinationConfig });
      if (isValid) rotate();
      else assert.throws(rotate, Error, `${clientMode} ${JSON.stringify(destinationConfig)}`);
    }
  }
});
