/** The bridge in the style of fetch, whose WebSockets nobody can stop. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { fetchBridge } from "../../wasm/dist/bridge.js";
import { encodeToken } from "../../wasm/dist/subprotocol.js";

const V3 = "aws.iot.securetunneling-3.0";
const TOKEN = "the-secret-access-token";
const OFFER = `${V3}, iot-tunnel.token.${encodeToken(TOKEN)}`;
const HEARING = `${OFFER}, iot-tunnel.refusal`;

/** A WebSocket of a server's engine. */
class Socket extends EventTarget {
  bufferedAmount = 0;
  binaryType = "blob";
  sent = [];

  constructor(readyState) {
    super();
    this.readyState = readyState;
  }

  send(data) {
    if (this.readyState === 0) throw new DOMException("not open", "InvalidStateError");
    this.sent.push(Buffer.from(data));
  }

  close(code = 1005, reason = "") {
    if (code !== 1005 && code !== 1000 && !(code >= 3000 && code <= 4999)) throw new DOMException(`code ${code}`, "InvalidAccessError");
    this.closed ??= { code, reason };
  }

  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  say(data) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: typeof data === "string" ? data : new Uint8Array(data).buffer }));
  }

  drop(code, reason = "") {
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

function withResolvers() {
  let resolve;
  return { promise: new Promise((given) => (resolve = given)), resolve };
}

/** A bridge, a request to it, and both ends. */
async function rig({ headers = {}, url = "https://console.example/tunnel?local-proxy-mode=source", method, signal, ...options } = {}) {
  const events = [];
  const [browser, service] = [new Socket(0), new Socket(1)];
  const given = { browser, service, events };
  const handle = fetchBridge({
    target: "https://service.example",
    accept: (request, { protocol }) => {
      given.protocol = protocol;
      return { response: new Response(null, { status: 200, headers: { "sec-websocket-protocol": protocol } }), socket: browser };
    },
    connect: async (url, options) => {
      given.asked = { url, ...options };
      return { socket: service };
    },
    onEvent: (event) => events.push(event),
    ...options,
  });
  const request = () => new Request(url, {
    method,
    signal,
    headers: {
      origin: "https://console.example",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": OFFER,
      ...headers,
    },
  });
  given.again = () => handle(request());
  given.response = await given.again();
  return given;
}

test("the token is said to the service as a header, and messages pass", async () => {
  const { response, asked, protocol, browser, service, events } = await rig();
  assert.deepEqual([response.status, protocol], [200, V3]);
  assert.equal(asked.signal.aborted, false);
  assert.deepEqual(asked, {
    url: "wss://service.example/tunnel?local-proxy-mode=source",
    signal: asked.signal,
    protocols: [V3],
    headers: { "access-token": TOKEN },
  });
  assert.deepEqual([browser.binaryType, service.binaryType], ["arraybuffer", "arraybuffer"]);
  // The service may speak before the browser has its answer.
  service.say([1, 2]);
  service.say([3]);
  browser.open();
  service.say([4]);
  browser.say([5]);
  assert.deepEqual(browser.sent.map((bytes) => [...bytes]), [[1, 2], [3], [4]]);
  assert.deepEqual(service.sent.map((bytes) => [...bytes]), [[5]]);
  browser.drop(1000);
  assert.equal(service.closed.code, 1000);
  assert.deepEqual(events, [
    { type: "opened", side: "source" },
    { type: "closed", side: "source", by: "browser", code: 1000, reason: "" },
  ]);
});

for (const [how, onEvent] of [
  ["throws", () => { throw new Error("the log is full"); }],
  ["rejects", async () => { throw new Error("the log is away"); }],
]) {
  test(`an onEvent that ${how} leaves no browser without an answer`, async () => {
    assert.equal((await rig({ onEvent, method: "POST" })).response.status, 426);
    assert.equal((await rig({ onEvent, connect: async () => ({ status: 403, reason: "no" }) })).response.status, 403);
    assert.equal((await rig({ onEvent, connect: async () => { throw new Error("away"); } })).response.status, 502);
    const { response, browser, service } = await rig({ onEvent });
    assert.equal(response.status, 200);
    browser.open();
    browser.say([1]);
    assert.equal(service.sent.length, 1);
    browser.drop(1000);
    assert.equal(service.closed.code, 1000);
    // A rejection that nobody handles is told by then.
    await turn();
  });
}

for (const [what, breach, code] of [
  ["a text message", (end) => end.say("text"), 4003],
  ["a message that is too long", (end) => end.say(new Uint8Array(131_077)), 4009],
]) {
  test(`${what} ends both sides, with codes that the engine allows`, async () => {
    for (const [from, to, other] of [["browser", "service", 4001], ["service", "browser", 4011]]) {
      const given = await rig();
      given.browser.open();
      breach(given[from]);
      assert.deepEqual([given[from].closed.code, given[to].closed.code], [code, other]);
      assert.deepEqual(given[to].sent, []);
      given[from].say([1]);
      assert.deepEqual(given[to].sent, []);
      assert.equal(given.events.filter(({ type }) => type === "closed").length, 1);
    }
  });
}

test("an end that is too slow for one that cannot be stopped ends both", async () => {
  const { browser, service } = await rig({ maxBuffered: 100 });
  browser.open();
  browser.bufferedAmount = 100;
  service.say([1]);
  assert.equal(service.closed, undefined);
  browser.bufferedAmount = 101;
  service.say([2]);
  assert.deepEqual([service.closed.code, browser.closed.code], [4008, 4011]);
});

test("what the service says before the browser is there has the same limit", async () => {
  const { browser, service } = await rig({ maxBuffered: 100 });
  service.say(new Uint8Array(60));
  service.say(new Uint8Array(60));
  assert.deepEqual([service.closed.code, browser.sent], [4008, []]);
});

test("the reason of a close goes through", async () => {
  const { browser, service } = await rig();
  browser.open();
  service.drop(1008, "tunnel closed");
  assert.deepEqual(browser.closed, { code: 4008, reason: "tunnel closed" });
});

test("who may not come is answered by a status", async () => {
  for (const [options, status] of [
    [{ headers: { origin: "https://evil.example" } }, 403],
    [{ headers: { origin: "http://console.example" } }, 403],
    [{ headers: { origin: "https://evil.example", "sec-websocket-protocol": HEARING } }, 403],
    [{ headers: { "sec-websocket-protocol": V3 } }, 400],
    [{ headers: { upgrade: "h2c" } }, 426],
    [{ method: "POST" }, 426],
    [{ url: "https://console.example/tunnel" }, 400],
  ]) {
    const { response, asked, events } = await rig(options);
    assert.deepEqual([response.status, asked, events.map(({ type }) => type)], [status, undefined, ["denied"]]);
  }
  const { response } = await rig({ headers: { origin: "https://other.example" }, allowedOrigins: ["https://other.example"] });
  assert.equal(response.status, 200);
});

test("a refusal of the service is a status, or a close frame for a page that asks for it", async () => {
  const connect = async () => ({ status: 400, reason: "The tunnel is closed" });
  const { response } = await rig({ connect });
  assert.deepEqual([response.status, response.headers.get("x-status-reason"), await response.text()], [400, "The tunnel is closed", "The tunnel is closed\n"]);
  const page = await rig({ connect, headers: { "sec-websocket-protocol": HEARING } });
  assert.equal(page.protocol, "iot-tunnel.refusal");
  assert.equal(page.browser.closed, undefined);
  page.browser.open();
  assert.deepEqual(page.browser.closed, { code: 4400, reason: "The tunnel is closed" });
});

test("a service that cannot be reached is 502, without a word of the token", async () => {
  const { response, events } = await rig({ connect: async () => Promise.reject(new Error("no route")) });
  assert.equal(response.status, 502);
  assert.deepEqual(events, [{ type: "failed", side: "source", reason: "no route" }]);
});

test("a page hears by a close frame that the bridge itself says no", async () => {
  const headers = { "sec-websocket-protocol": HEARING };
  const nobody = { connect: async () => Promise.reject(new Error("no route")) };
  for (const [options, code, reason] of [
    [{ headers, url: "https://console.example/tunnel" }, 4400, /local-proxy-mode/],
    [{ headers, maxConnections: 0 }, 4503, /too many/],
    [{ headers, ...nobody }, 4502, /cannot be reached/],
  ]) {
    const { browser, protocol } = await rig(options);
    assert.equal(protocol, "iot-tunnel.refusal");
    browser.open();
    assert.equal(browser.closed.code, code);
    assert.match(browser.closed.reason, reason);
  }
});

test("a refusal in any script, or with no status of one, is still handed on", async () => {
  const long = { connect: async () => ({ status: 400, reason: "é".repeat(200) }), headers: { "sec-websocket-protocol": HEARING } };
  const { browser } = await rig(long);
  browser.open();
  assert.deepEqual(browser.closed, { code: 4400, reason: "?".repeat(123) });
  const odd = await rig({ connect: async () => ({ status: 302, reason: "moved" }) });
  assert.equal(odd.response.status, 502);
});

test("a request that is gone when the service has answered leaves nothing open", async () => {
  const accept = () => {
    throw new TypeError("the request is gone");
  };
  const { response, service, events } = await rig({ accept, headers: { "sec-websocket-protocol": HEARING } });
  assert.equal(response.status, 502);
  assert.deepEqual(service.closed, { code: 1005, reason: "" });
  assert.deepEqual(events, [{ type: "failed", side: "source", reason: "the request is gone" }]);
});

test("there is a limit on connections, those that are being made too", async () => {
  const { promise, resolve } = withResolvers();
  let count = 0;
  const slow = await rig({ maxConnections: 1, connect: () => (count++ === 0 ? Promise.resolve({ status: 400, reason: "" }) : promise) });
  assert.equal(slow.response.status, 400);
  const second = slow.again();
  assert.equal((await slow.again()).status, 503);
  resolve({ socket: slow.service });
  assert.equal((await second).status, 200);
  assert.equal((await slow.again()).status, 503);
  slow.browser.drop(1000);
  assert.equal((await slow.again()).status, 200);
});

for (const [what, options, reason] of [
  ["a service that does not answer in time", () => ({ handshakeTimeout: 1 }), "the service does not answer"],
  ["a browser that goes away meanwhile", () => ({ signal: AbortSignal.timeout(1) }), "the browser is gone"],
]) {
  test(`${what} leaves nothing open, though the engine cannot give up`, async () => {
    const { promise, resolve } = withResolvers();
    const { response, service, events } = await rig({ ...options(), connect: () => promise });
    assert.equal(response.status, 502);
    assert.deepEqual(events, [{ type: "failed", side: "source", reason }]);
    resolve({ socket: service });
    await promise;
    assert.deepEqual(service.closed, { code: 1005, reason: "" });
  });
}

test("what ends a request later does not end the connection", async () => {
  const controller = new AbortController();
  const { asked, service, browser } = await rig({ signal: controller.signal, handshakeTimeout: 1 });
  browser.open();
  controller.abort();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([asked.signal.aborted, service.closed, browser.closed], [false, undefined, undefined]);
});
