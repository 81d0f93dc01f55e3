/** How tokens travel, what becomes of a refusal, and when a token is asked for. */

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";

import { MisuseError, RefusalError, TunnelConnection } from "../../wasm/dist/index.js";
import { connect, settled, V3 } from "./model.js";

const CLIENT_TOKEN = "0123456789-0123456789-0123456789-x";

test("in headers, over ws", () => {
  const { socket } = connect({ url: "https://service.example:8443", clientToken: CLIENT_TOKEN });
  assert.equal(socket.url, "wss://service.example:8443/tunnel?local-proxy-mode=source");
  assert.deepEqual(socket.protocols, [V3]);
  assert.deepEqual(socket.options.headers, { "access-token": "token-1", "client-token": CLIENT_TOKEN });
  assert.equal(socket.options.followRedirects, false);
});

test("as subprotocols, to a bridge", () => {
  const token = "AQG/+x?token";
  const { socket } = connect({ side: "destination", url: new URL("ws://bridge.example/a/b?c=d#e"), accessToken: token, clientToken: CLIENT_TOKEN }, "browser");
  assert.equal(socket.url, "ws://bridge.example/a/b?c=d&local-proxy-mode=destination");
  const [tunnel, access, client, refusal] = socket.protocols;
  assert.deepEqual([tunnel, client, refusal], [V3, `iot-tunnel.client-token.${CLIENT_TOKEN}`, "iot-tunnel.refusal"]);
  assert.match(access, /^iot-tunnel\.token\.[\w-]+$/);
  assert.equal(Buffer.from(access.slice("iot-tunnel.token.".length), "base64url").toString(), token);
});

test("in a cookie, which is there already", () => {
  const { socket } = connect({ tokenIn: "cookie", clientToken: null }, "browser");
  assert.deepEqual(socket.protocols, [V3, "iot-tunnel.refusal"]);
});

test("a fresh client token goes with each access token, and the same one with each attempt", async () => {
  const rig = connect();
  rig.socket.drop();
  await rig.clock.advance(1000);
  rig.connection.replaceToken("token-2");
  const tokens = rig.sockets.map(({ options }) => options.headers);
  assert.equal(tokens.length, 3);
  assert.deepEqual(tokens[0], tokens[1]);
  assert.match(tokens[0]["client-token"], /^[a-zA-Z0-9-]{32,128}$/);
  assert.equal(tokens[2]["access-token"], "token-2");
  assert.notEqual(tokens[2]["client-token"], tokens[0]["client-token"]);
});

test("a token that is needed is asked for, each time with the reason", async () => {
  const rig = connect({ accessToken: undefined });
  assert.equal(rig.connection.state, "awaiting-token");
  await settled();
  assert.deepEqual(rig.told.tokens, [{ why: "none" }]);
  rig.connection.replaceToken("token-1", { clientToken: null });
  rig.open();
  rig.socket.drop();
  await settled();
  assert.deepEqual(rig.told.tokens.slice(1), [{ why: "spent" }]);
  rig.connection.replaceToken("token-2");
  rig.socket.refuse(400, "Invalid access token: The access token was revoked by a rotation", { "channel-id": "c-1" });
  await settled();
  const [, , { why, error }] = rig.told.tokens;
  assert.equal(why, "refused");
  assert.ok(error instanceof RefusalError);
  const { code, number, party, status, reason, channelId } = error;
  assert.deepEqual(
    { code, number, party, status, channelId },
    { code: "AccessTokenRevoked", number: 204, party: "service", status: 400, channelId: "c-1" },
  );
  assert.match(reason, /revoked/);
  assert.equal(rig.told.errors.at(-1), error);
  // It is not tried again.
  await rig.clock.advance(600_000);
  assert.equal(rig.sockets.length, 2);
});

test("a refusal in other words keeps them", async () => {
  const rig = connect();
  rig.socket.refuse(403, "not from here");
  await settled();
  const [{ error }] = rig.told.tokens;
  assert.deepEqual([error.code, error.status, error.reason], ["HandshakeRefused", 403, "not from here"]);
  assert.match(error.message, /403: not from here/);
});

test("not now is tried again, later and later, and is told with the wait", async () => {
  const rig = connect();
  const waits = [];
  rig.connection.addEventListener("statechange", ({ state, retryIn }) => state === "backoff" && waits.push(retryIn));
  for (let attempt = 0; attempt < 12; attempt += 1) {
    rig.socket.refuse(503, "later");
    await settled();
    while (rig.connection.state === "backoff") await rig.clock.alarm();
  }
  assert.equal(rig.sockets.length, 13);
  assert.ok(waits.every((wait, attempt) => wait >= 0 && wait <= Math.min(1000 * 2 ** attempt, 120_000)), `${waits}`);
  assert.equal(rig.told.errors[0].code, "HandshakeRefused");
  assert.equal(rig.told.errors[0].status, 503);
});

test("a bridge tells a browser the status by a close frame", async () => {
  const rig = connect({}, "browser");
  rig.socket.accept("iot-tunnel.refusal");
  assert.equal(rig.connection.state, "connecting");
  rig.socket.drop(4400, "The tunnel is closed");
  assert.equal(rig.connection.state, "awaiting-token");
  await settled();
  const { why, error } = rig.told.tokens[0];
  assert.deepEqual([why, error.code, error.status], ["refused", "TunnelClosed", 400]);
  rig.connection.replaceToken("token-2");
  rig.socket.accept("iot-tunnel.refusal");
  rig.socket.drop(4503, "later");
  assert.equal(rig.connection.state, "backoff");
});

test("a WebSocket that carries a refusal carries nothing else", async () => {
  for (const say of [
    ({ socket }) => socket.announce("SSH"),
    ({ socket }) => socket.text("hello"),
    ({ socket }) => socket.heartbeat(),
    ({ socket }) => socket.pong("0"),
  ]) {
    const rig = connect({ tokenIn: "subprotocol" });
    rig.socket.accept("iot-tunnel.refusal");
    say(rig);
    assert.equal(rig.connection.state, "connecting");
    rig.socket.drop(4400, "The tunnel is closed");
    await settled();
    assert.deepEqual(rig.told.errors.map(({ code }) => code), ["TunnelClosed"]);
  }
});

test("a browser that is told no status tries again", async () => {
  const rig = connect({}, "browser");
  rig.socket.refuse();
  await settled();
  assert.equal(rig.connection.state, "backoff");
  assert.deepEqual([rig.told.errors[0].code, rig.told.errors[0].party], ["ConnectionLost", "peer"]);
});

test("an old WebSocket that answers late changes nothing", async () => {
  const rig = connect();
  const [old] = rig.sockets;
  rig.connection.replaceToken("token-2");
  assert.equal(old.closed.code, 1000);
  old.accept();
  old.announce("SSH");
  old.refuse(400, "no");
  old.drop();
  assert.equal(rig.connection.state, "connecting");
  rig.open();
  assert.equal(rig.connection.state, "open");
});

test("options that cannot be are refused at once, and say what is allowed", () => {
  for (const [options, code] of [
    [{ url: "ftp://service.example" }, "InvalidEndpoint"],
    [{ url: "/tunnel" }, "InvalidEndpoint"],
    [{ services: [] }, "NoServices"],
    [{ services: ["a", "a"] }, "DuplicateService"],
    [{ services: ["a", "b", "c", "d"] }, "ServiceTableFull"],
    [{ services: ["a b"] }, "InvalidServiceId"],
    [{ maxPayload: 64_513 }, "MaxPayloadOutOfRange"],
    [{ accessToken: "a\nb" }, "InvalidAccessToken"],
    [{ clientToken: "short" }, "InvalidClientToken"],
    [{ tokenIn: "header", WebSocket: undefined }, "NoWebSocket"],
  ]) {
    assert.throws(() => connect(options), (error) => error.code === code && error.message.length > 10, code);
  }
  assert.throws(() => new TunnelConnection({ url: "wss://service.example", side: "middle" }), MisuseError);
  assert.throws(() => connect({ url: "/tunnel" }), { message: /relative in a page only/ });
  assert.throws(() => connect({ url: "ftp://service.example" }), { message: /^the url of a tunnel is one of wss: or ws:$/ });
});

test("no token shows in a connection, its errors or its events", async () => {
  const secret = "secret-token-of-mine";
  const rig = connect({ accessToken: secret, url: "wss://service.example" });
  const seen = [];
  for (const type of ["statechange", "token", "error"]) rig.connection.addEventListener(type, (event) => seen.push(event));
  rig.socket.refuse(400, "no");
  assert.throws(() => rig.connection.replaceToken(`${secret}\n`), (error) => seen.push(error) > 0);
  await settled();
  assert.ok(seen.length > 3);
  assert.ok(!inspect([rig.connection, seen], { depth: 9, showHidden: true }).includes(secret));
});
