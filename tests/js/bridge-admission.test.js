/** Whom the bridge lets in, and what it says of him to the service. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { encodeToken } from "../../wasm/dist/subprotocol.js";
import { CLIENT_TOKEN, KEY, TOKEN, V3, asked, offer, rejected, rig, signal } from "./bridge-rig.js";

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

test("a page of another origin gets no WebSocket, not even to hear why", async (t) => {
  const given = await rig(t);
  assert.equal((await rejected(given.page({ protocols: offer(TOKEN, "iot-tunnel.refusal"), origin: "http://evil.example" }))).status, 403);
});
