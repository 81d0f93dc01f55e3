/** The bridge: who gets in, what it says to the service, what it lets pass, and what nobody ever reads in a log. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";

import { bridge } from "../../wasm/dist/bridge.js";
import { encodeToken } from "../../wasm/dist/subprotocol.js";
import { SOON, until } from "./programs.js";
import { ws } from "./ws.js";

const V3 = "aws.iot.securetunneling-3.0";
const TOKEN = "the-secret-access-token";
const CLIENT_TOKEN = "0123456789-0123456789-0123456789-x";
const signal = () => ({ signal: AbortSignal.timeout(SOON) });
const offer = (token = TOKEN, ...others) => [V3, `iot-tunnel.token.${encodeToken(token)}`, ...others];

/** How a WebSocket is closed. */
const ending = (socket) => new Promise((resolve) => socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));

/** An answer that never comes. */
const SILENCE = [];

/** A service whose answers the test gives, and a bridge before it. Everything that is said in a log is kept. */
async function rig(t, { isSecure, ...options } = {}, answer = undefined) {
  const said = [];
  const keep = (...args) => void said.push(...args.map(String));
  for (const name of ["log", "info", "warn", "error", "debug"]) t.mock.method(console, name, keep);
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    t.mock.method(stream, "write", (text, ...rest) => (keep(text), write.call(stream, text, ...rest)));
  }
  const service = createServer();
  const peers = Object.assign([], { all: [] });
  const sockets = new ws.WebSocketServer({ noServer: true, handleProtocols: () => V3 });
  service.on("upgrade", (request, socket, head) => {
    service.latest = request;
    t.after(() => socket.destroy());
    if (answer === SILENCE) return;
    if (answer) return void socket.end(`HTTP/1.1 ${answer.join("\r\n")}\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peers.push(peer);
      peers.all.push(peer);
      peer.messages = [];
      peer.on("message", (data, isBinary) => peer.messages.push(isBinary ? data : data.toString()));
      peer.on("error", () => {});
      peer.ended = ending(peer);
    });
  });
  await once(service.listen(0, "127.0.0.1"), "listening");
  const events = [];
  const onEvent = (event) => events.push(event);
  const between = await bridge({ target: `ws://127.0.0.1:${service.address().port}`, onEvent, ...options });
  const console_ = createServer();
  console_.on("upgrade", between.upgrade);
  // As the sockets of a server of https say it.
  if (isSecure) console_.on("connection", (socket) => (socket.encrypted = true));
  await once(console_.listen(0, "127.0.0.1"), "listening");
  const host = `127.0.0.1:${console_.address().port}`;
  t.after(() => {
    between.close();
    for (const server of [service, console_]) (server.close(), server.closeAllConnections());
    for (const end of peers.all) end.terminate();
  });
  return {
    service,
    bridge: between,
    events,
    said,
    host,
    peers,
    /** A page's WebSocket, with what a browser sends along. */
    page({ protocols = offer(), origin = `http://${host}`, headers = {}, side = "source", path = `/tunnel?local-proxy-mode=${side}` } = {}) {
      const from = typeof origin === "function" ? origin(host) : origin;
      const socket = new ws.WebSocket(`ws://${host}${path}`, protocols, { headers: { ...(from && { origin: from }), ...headers } });
      peers.all.push(socket);
      socket.messages = [];
      socket.on("message", (data) => socket.messages.push(data));
      socket.on("error", (error) => (socket.failure = error));
      socket.ended = ending(socket);
      socket.answer = once(socket, "unexpected-response", signal()).then(([, response]) => response);
      socket.answer.catch(() => {});
      return socket;
    },
    /** A page and the service's end of it. */
    async joined(given) {
      const page = this.page(given);
      await once(page, "open", signal());
      return { page, peer: await until(() => peers.at(-1), "the service's end") };
    },
  };
}

const rejected = async (socket) => {
  const response = await socket.answer;
  const { statusCode: status, headers } = response;
  response.destroy();
  return { status, reason: headers["x-status-reason"] };
};

test("the token is said to the service as a header, and nothing else of the browser is", async (t) => {
  const given = await rig(t);
  const { page } = await given.joined({
    protocols: offer(TOKEN, `iot-tunnel.client-token.${CLIENT_TOKEN}`, "iot-tunnel.refusal"),
    side: "destination",
    headers: { cookie: "session=private", "user-agent": "Browser/1" },
  });
  const { headers, url } = given.service.latest;
  assert.equal(url, "/tunnel?local-proxy-mode=destination");
  assert.equal(headers["access-token"], TOKEN);
  assert.equal(headers["client-token"], CLIENT_TOKEN);
  assert.equal(headers["sec-websocket-protocol"], V3);
  assert.ok(!("cookie" in headers || "origin" in headers || "user-agent" in headers));
  assert.equal(page.protocol, V3);
});

test("the token may come in a cookie, with the client token as a subprotocol", async (t) => {
  const given = await rig(t);
  const cookie = `a=b; awsiot-tunnel-token=${TOKEN}; c=d`;
  await given.joined({ protocols: [V3, `iot-tunnel.client-token.${CLIENT_TOKEN}`], headers: { cookie } });
  const { service } = given;
  assert.deepEqual([service.latest.headers["access-token"], service.latest.headers["client-token"]], [TOKEN, CLIENT_TOKEN]);
});

for (const [how, value] of [
  ["percent-encoded", "AQGA%2Bx%2Fy%3D%3D"],
  ["in quotes", '"AQGA+x/y=="'],
  ["in both", '"AQGA%2Bx/y%3D="'],
  ["as it is", "AQGA+x/y=="],
]) {
  test(`the token may stand in the cookie ${how}`, async (t) => {
    const given = await rig(t);
    await given.joined({ protocols: [V3], headers: { cookie: `awsiot-tunnel-token=${value}` } });
    assert.equal(given.service.latest.headers["access-token"], "AQGA+x/y==");
  });
}

test("the cookie has the name that was given", async (t) => {
  const given = await rig(t, { cookie: "mine" });
  await given.joined({ protocols: [V3], headers: { cookie: `mine=${TOKEN}` } });
  assert.equal(given.service.latest.headers["access-token"], TOKEN);
});

for (const [what, given, status, reason] of [
  ["no token", { protocols: [V3] }, 400, /exactly one access token/],
  ["two tokens", { protocols: [V3, `iot-tunnel.token.${encodeToken("a")}`, `iot-tunnel.token.${encodeToken("b")}`] }, 400, /exactly one/],
  ["a token here and there", { headers: { cookie: `awsiot-tunnel-token=${TOKEN}` } }, 400, /exactly one/],
  ["a cookie that is not encoded", { protocols: [V3], headers: { cookie: "awsiot-tunnel-token=%GG" } }, 400, /exactly one/],
  ["a cookie of nothing", { headers: { cookie: "awsiot-tunnel-token=" } }, 400, /exactly one/],
  ["a token that is no base64url", { protocols: [V3, "iot-tunnel.token.####"] }, 400, /exactly one/],
  ["a token that would split a header", { protocols: offer("a\r\nx: y") }, 400, /exactly one/],
  ["a broken client token", { protocols: offer(TOKEN, "iot-tunnel.client-token.short") }, 400, /client token/],
  ["no subprotocol of the tunnel", { protocols: [offer()[1]] }, 400, /securetunneling/],
  ["no side", { path: "/tunnel" }, 400, /local-proxy-mode/],
  ["two sides", { path: "/tunnel?local-proxy-mode=source&local-proxy-mode=destination" }, 400, /local-proxy-mode/],
  ["a foreign page", { origin: "http://evil.example" }, 403, /origin/],
  ["a page of another port", { origin: "http://127.0.0.1:1" }, 403, /origin/],
  ["a page of no origin", { origin: "null" }, 403, /origin/],
  ["an app of that name", { origin: (host) => `app://${host}` }, 403, /origin/],
]) {
  test(`${what} is refused before the service hears of it`, async (t) => {
    const { page, service, events } = await rig(t);
    const answer = await rejected(page(given));
    assert.equal(answer.status, status);
    assert.match(answer.reason, reason);
    assert.equal(service.latest, undefined);
    assert.deepEqual(events.map(({ type, status }) => [type, status]), [["denied", status]]);
  });
}

for (const [what, isSecure, origin, host, isOwn] of [
  ["a page of http at a bridge of https", true, "http://console.example", "console.example", false],
  ["a page of https at a bridge of https", true, "https://console.example", "console.example", true],
  ["the port of https, said by a proxy", true, "https://console.example", "console.example:443", true],
  ["another port of the same host", true, "https://console.example", "console.example:8443", false],
  ["a page of https at a bridge of http, behind a proxy", false, "https://console.example", "console.example", true],
  ["the port of http", false, "http://console.example", "console.example:80", true],
  ["the port of http for a page of https", false, "https://console.example", "console.example:80", false],
  ["a name in capitals", false, "http://console.example", "Console.Example", true],
]) {
  test(`${what} is ${isOwn ? "the bridge's own" : "another origin"}`, async (t) => {
    const given = await rig(t, { isSecure });
    const page = given.page({ origin, headers: { host } });
    if (isOwn) await once(page, "open", signal());
    else assert.equal((await rejected(page)).status, 403);
  });
}

test("other origins are let in where they are allowed, and then the own is not by itself", async (t) => {
  const given = await rig(t, { allowedOrigins: ["https://console.example"] });
  const { page } = await given.joined({ origin: "https://console.example" });
  assert.equal(page.protocol, V3);
  assert.equal((await rejected(given.page())).status, 403);
  // No page can make anybody but a browser ask.
  await given.joined({ origin: "" });
});

const KEY = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n";

/** What is answered to a request that no WebSocket would make. */
async function asked(host, method, headers, target = "/tunnel?local-proxy-mode=source") {
  const socket = connectTcp(Number(host.split(":")[1]), "127.0.0.1");
  socket.write(`${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`);
  const [answer] = await once(socket, "data", signal());
  socket.destroy();
  return answer.toString();
}

test("what is no handshake of a WebSocket is refused before the service hears of it", async (t) => {
  const { host, service } = await rig(t);
  const protocols = `sec-websocket-protocol: ${offer()}\r\n`;
  for (const [method, headers] of [
    ["GET", protocols],
    ["POST", KEY + protocols],
    ["GET", KEY.replace("13", "8") + protocols],
    ["GET", KEY.replace("dGhl", "") + protocols],
  ]) {
    assert.match(await asked(host, method, headers), /^HTTP\/1\.1 426 /);
  }
  assert.equal(service.latest, undefined);
});

test("no request target ends the server", async (t) => {
  const { host, service, events } = await rig(t);
  for (const target of ["//", "///", "/%", "http://", "//[::1?local-proxy-mode=source", "*"]) {
    assert.match(await asked(host, "GET", `${KEY}sec-websocket-protocol: ${offer()}\r\n`, target), /^HTTP\/1\.1 400 /, target);
  }
  assert.equal(service.latest, undefined);
  assert.ok(events.every(({ type, status }) => type === "denied" && status === 400));
});

test("what throws in the bridge ends the connection, and not the server", async (t) => {
  const given = await rig(t, { agent: {} });
  const page = given.page();
  assert.equal((await page.ended).code, 1006);
  assert.deepEqual(given.events.map(({ type, status }) => [type, status]), [["denied", 500]]);
  assert.match(given.events[0].reason, /agent/i);
  assert.equal(given.bridge.connections, 0);
});

test("a handshake that fails at its very end leaves nothing behind", async (t) => {
  const given = await rig(t);
  const twice = `${KEY}sec-websocket-protocol: ${offer()}, ${V3}\r\n`;
  assert.match(await asked(given.host, "GET", twice), /^HTTP\/1\.1 400 /);
  await until(() => given.bridge.connections === 0, "the end");
  assert.equal((await given.peers[0].ended).code, 1006);
});

test("messages pass in both directions, in order and as they are", async (t) => {
  const { page, peer } = await (await rig(t)).joined();
  const sent = Array.from({ length: 60 }, (_, n) => randomBytes(1 + n * 2000));
  for (const bytes of sent) {
    page.send(bytes);
    peer.send(bytes);
  }
  for (const end of [page, peer]) {
    await until(() => end.messages.length === sent.length, "the messages");
    assert.ok(end.messages.every((bytes, n) => bytes.equals(sent[n])));
  }
});

for (const from of ["page", "service"]) {
  const [own, other] = [from, from === "page" ? 1001 : 1011];
  for (const [what, send, code] of [
    ["a text message", (end) => end.send("text"), 1003],
    ["a message that is too long", (end) => end.send(Buffer.alloc(131_077)), 1009],
  ]) {
    test(`${what} of the ${own} ends both sides, each with its code`, async (t) => {
      const given = await rig(t);
      const { page, peer } = await given.joined();
      const ends = from === "page" ? [page, peer] : [peer, page];
      send(ends[0]);
      assert.equal((await ends[0].ended).code, code);
      assert.equal((await ends[1].ended).code, other);
      assert.deepEqual(ends[1].messages, []);
      await until(() => given.bridge.connections === 0, "the end");
      assert.equal(given.events.at(-1).type, "closed");
    });
  }
}

test("the longest message of the protocol passes, and another limit can be set", async (t) => {
  const { page, peer } = await (await rig(t)).joined();
  page.send(Buffer.alloc(131_076));
  await until(() => peer.messages.length === 1, "the message");
  const small = await (await rig(t, { maxMessage: 100 })).joined();
  small.page.send(Buffer.alloc(101));
  assert.equal((await small.page.ended).code, 1009);
});

test("a close goes through with its code and reason", async (t) => {
  const given = await rig(t);
  for (const [end, code, expected] of [
    ["peer", 1008, 1008],
    ["page", 1000, 1000],
    ["page", 4002, 1002], // as a page says 1002, which it may not
    ["page", undefined, 1005],
  ]) {
    const joined = await given.joined();
    const [from, to] = end === "peer" ? [joined.peer, joined.page] : [joined.page, joined.peer];
    from.close(code, code && "tunnel closed");
    assert.deepEqual(await to.ended, { code: expected, reason: code ? "tunnel closed" : "" });
    given.peers.length = 0;
  }
});

test("an end that is gone ends the other", async (t) => {
  const given = await rig(t);
  const one = await given.joined();
  one.page.terminate();
  assert.equal((await one.peer.ended).code, 1001);
  given.peers.length = 0;
  const two = await given.joined();
  two.peer.terminate();
  assert.equal((await two.page.ended).code, 1011);
});

test("both ends are pinged, and one that answers nothing is dropped", async (t) => {
  const given = await rig(t, { pingInterval: 50 });
  const { page, peer } = await given.joined();
  await Promise.all([once(page, "ping", signal()), once(peer, "ping", signal())]);
  peer._socket.pause();
  assert.equal((await page.ended).code, 1011);
});

/** A page that reads nothing, until everything on the way to it is full. */
async function stopped(t) {
  const given = await rig(t, { maxBuffered: 200_000 });
  const ends = await given.joined();
  ends.page.pause();
  // More than every socket on the way holds.
  const count = 400;
  let flushed = 0;
  for (let n = 0; n < count; n += 1) ends.peer.send(Buffer.alloc(100_000, 7), () => (flushed += 1));
  let before = -1;
  await until(async () => {
    if (flushed === before) return true;
    before = flushed;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  }, "the stop");
  assert.ok(flushed < count, `${flushed} messages are gone into buffers`);
  return { ...given, ...ends, count };
}

test("an end that is slow stops the other, and everything arrives", async (t) => {
  const { page, count } = await stopped(t);
  page.resume();
  await until(() => page.messages.length === count, "the messages");
});

test("an end that is stopped hears at once that the other is gone", async (t) => {
  const given = await stopped(t);
  given.page.terminate();
  // Much less than a WebSocket has to close.
  await until(() => given.bridge.connections === 0, "the end", 10_000);
});

test("a refusal of the service is the handshake's status, with the reason", async (t) => {
  const given = await rig(t, {}, ["400 Bad Request", "x-status-reason: The tunnel is closed", "channel-id: c-7", "content-length: 0"]);
  const response = await given.page().answer;
  assert.deepEqual(
    [response.statusCode, response.headers["x-status-reason"], response.headers["channel-id"]],
    [400, "The tunnel is closed", "c-7"],
  );
  let body = "";
  for await (const chunk of response) body += chunk;
  assert.equal(body, "The tunnel is closed\n");
  assert.deepEqual(given.events, [{ type: "refused", side: "source", status: 400, reason: "The tunnel is closed", channelId: "c-7" }]);
  await until(() => given.bridge.connections === 0, "the end");
});

test("a page that asks for it hears a refusal by a close frame", async (t) => {
  const given = await rig(t, {}, ["431 Too Long", "x-status-reason: The request is too long", "content-length: 0"]);
  const page = given.page({ protocols: offer(TOKEN, "iot-tunnel.refusal") });
  assert.deepEqual(await page.ended, { code: 4431, reason: "The request is too long" });
  assert.equal(page.protocol, "iot-tunnel.refusal");
});

const HEARING = { protocols: offer(TOKEN, "iot-tunnel.refusal") };

test("a page hears by a close frame that the bridge itself says no", async (t) => {
  const given = await rig(t, { maxConnections: 1 });
  assert.deepEqual(await given.page({ ...HEARING, path: "/tunnel" }).ended, { code: 4400, reason: "local-proxy-mode must be source or destination" });
  const twice = given.page({ ...HEARING, headers: { cookie: `awsiot-tunnel-token=${TOKEN}` } });
  assert.equal((await twice.ended).code, 4400);
  await given.joined(HEARING);
  assert.deepEqual(await given.page(HEARING).ended, { code: 4503, reason: "too many connections: try again later" });
  const nobody = await rig(t, { target: "ws://127.0.0.1:1" });
  assert.deepEqual(await nobody.page(HEARING).ended, { code: 4502, reason: "the service cannot be reached" });
});

test("a page of another origin gets no WebSocket, not even to hear why", async (t) => {
  const given = await rig(t);
  assert.equal((await rejected(given.page({ ...HEARING, origin: "http://evil.example" }))).status, 403);
});

test("a browser that was refused and does not close is dropped", async (t) => {
  const { host } = await rig(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const browser = connectTcp(Number(host.split(":")[1]), "127.0.0.1");
  const protocols = `sec-websocket-protocol: ${HEARING.protocols}\r\n`;
  browser.write(`GET /tunnel HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${KEY}${protocols}\r\n`);
  let answer = "";
  browser.on("data", (data) => (answer += data.toString("latin1")));
  while (!answer.includes("local-proxy-mode")) await once(browser, "data", signal());
  const ended = once(browser, "close", signal());
  t.mock.timers.tick(4_999);
  assert.equal(browser.destroyed, false);
  t.mock.timers.tick(1);
  await ended;
});

test("a service that cannot be reached, or answers nonsense, is 502", async (t) => {
  const nobody = await rig(t, { target: "ws://127.0.0.1:1" });
  assert.equal((await rejected(nobody.page())).status, 502);
  assert.equal(nobody.events[0].type, "failed");
  const moved = await rig(t, {}, ["302 Found", "location: ws://evil.example/", "content-length: 0"]);
  assert.equal((await rejected(moved.page())).status, 502);
  const slow = await rig(t, { handshakeTimeout: 50 }, SILENCE);
  assert.equal((await rejected(slow.page())).status, 502);
});

test("there is a limit on connections", async (t) => {
  const given = await rig(t, { maxConnections: 2 });
  await given.joined();
  const { page } = await given.joined();
  assert.equal((await rejected(given.page())).status, 503);
  page.close();
  await until(() => given.bridge.connections === 1, "room");
  await given.joined();
});

test("its end ends everything in order", async (t) => {
  const given = await rig(t);
  const { page, peer } = await given.joined();
  given.bridge.close();
  assert.deepEqual([(await page.ended).code, (await peer.ended).code], [1001, 1001]);
});

test("a browser that goes away meanwhile leaves nothing behind", async (t) => {
  const given = await rig(t, {}, SILENCE);
  const page = given.page();
  await until(() => given.bridge.connections === 1, "the attempt");
  page.terminate();
  await until(() => given.bridge.connections === 0, "the end");
});

test("no token shows in what the bridge says, whatever happens", async (t) => {
  const given = await rig(t);
  const { page } = await given.joined({ protocols: offer(TOKEN, `iot-tunnel.client-token.${CLIENT_TOKEN}`) });
  page.send("text");
  await page.ended;
  await rejected(given.page({ origin: "http://evil.example" }));
  await rejected(given.page({ protocols: offer(`${TOKEN}\u0001`) }));
  const refused = await rig(t, {}, ["400 Bad Request", "x-status-reason: no", "content-length: 0"]);
  await rejected(refused.page());
  const nobody = await rig(t, { target: "ws://127.0.0.1:1" });
  await rejected(nobody.page());
  const events = [given, refused, nobody].flatMap(({ events }) => events);
  assert.ok(events.length >= 6);
  const everything = JSON.stringify(events) + [given, refused, nobody].flatMap(({ said }) => said).join("\n");
  for (const secret of [TOKEN, encodeToken(TOKEN), CLIENT_TOKEN]) assert.ok(!everything.includes(secret));
});
