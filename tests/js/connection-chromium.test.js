/** A connection in a page of Chromium: a drop, and a stream that nobody reads, harm nothing but themselves. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { startBrowser } from "./console/browser.js";
import { frame, messages, TYPE, V3 } from "./model.js";
import { ROOT } from "./node.js";
import { until } from "./programs.js";
import { serving } from "./web-server.js";
import { ws } from "./ws.js";

let browser, server, origin, peers;
before(async () => {
  const files = serving(ROOT);
  server = createServer((request, response) => {
    if (request.url !== "/page") return files(request, response);
    response.setHeader("content-type", "text/html").end("<!doctype html><title>Page</title>");
  });
  const sockets = new ws.WebSocketServer({ server, handleProtocols: () => V3 });
  sockets.on("connection", (peer) => {
    peers.push(peer);
    peer.messages = [];
    peer.on("error", () => {}).on("message", (data) => peer.messages.push(...messages(data)));
    peer.send(frame({ type: TYPE.serviceIds, availableServiceIds: ["SSH", "HTTP"] }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  for (const peer of peers ?? []) peer.terminate();
  server?.close();
  server?.closeAllConnections();
});

/** A page with a source's connection, `connection`, and what it told. */
async function page(t) {
  peers = [];
  const tab = await browser.newPage();
  t.after(() => tab.close());
  let hasCrashed = false;
  tab.on("crash", () => (hasCrashed = true));
  await tab.goto(`${origin}/page`);
  await tab.evaluate(async () => {
    const { init, TunnelConnection } = await import("/wasm/dist/index.js");
    await init();
    globalThis.states = [];
    globalThis.connection = new TunnelConnection({ url: "/tunnel", side: "source", services: ["SSH", "HTTP"], accessToken: "token" });
    connection.addEventListener("statechange", ({ state }) => states.push(state));
  });
  await tab.waitForFunction(() => connection.state === "open");
  return { tab, hasCrashed: () => hasCrashed, peer: peers[0] };
}

for (const how of ["resetAndDestroy", "destroy"]) {
  test(`a drop during an upload ends neither the tab nor the connection (${how})`, async (t) => {
    const { tab, hasCrashed, peer } = await page(t);
    // The socket is full, so that a write waits when the drop comes.
    peer.pause();
    await tab.evaluate(async () => {
      const stream = await connection.open("SSH");
      const writer = stream.writable.getWriter();
      globalThis.ended = (async () => {
        for (;;) await writer.write(new Uint8Array(60_000));
      })().catch((error) => error.code);
    });
    await until(() => peer._socket.readableLength > 0, "the upload");
    peer._socket[how]();
    await until(() => peers.length > 1 || hasCrashed(), "the next connection, or the end of the tab");
    assert.equal(hasCrashed(), false, "the tab has crashed");
    assert.equal(await tab.evaluate(() => ended), "ConnectionLost");
    await tab.waitForFunction(() => connection.state === "open");
  });
}

test("a stream that nobody reads stops neither pings nor other streams, and its reader is told", async (t) => {
  const { tab, peer } = await page(t);
  await tab.evaluate(async () => {
    globalThis.unread = await connection.open("HTTP");
    globalThis.other = await connection.open("SSH");
  });
  await until(() => peer.messages.length === 2, "the two streams");
  const [unread, other] = peer.messages.map(({ streamId, serviceId, connectionId }) => ({ streamId, serviceId, connectionId }));
  // 80 MB: more than is kept, and more than all buffers on the way.
  const body = frame({ type: TYPE.data, ...unread, payload: new Uint8Array(60_000) });
  for (let sent = 0; sent < 80_000_000; sent += body.length) {
    if (peer.bufferedAmount > 1_000_000) await new Promise((resolve) => peer.send(body, resolve));
    else peer.send(body);
  }
  peer.ping();
  await once(peer, "pong", { signal: AbortSignal.timeout(30_000) });
  peer.send(frame({ type: TYPE.data, ...other, payload: Uint8Array.of(42) }));
  const seen = await tab.evaluate(async () => ({
    answer: (await other.readable.getReader().read()).value[0],
    unread: await unread.closed.catch(({ code }) => code),
    state: connection.state,
  }));
  assert.deepEqual(seen, { answer: 42, unread: "ReceiveLimitExceeded", state: "open" });
  await until(() => peer.messages.some(({ type, serviceId }) => type === TYPE.connectionReset && serviceId === "HTTP"), "the reset");
});

test("a reader that is slower than its peer gets every byte of 20 MB", async (t) => {
  const { tab, peer } = await page(t);
  await tab.evaluate(async () => (globalThis.stream = await connection.open("HTTP")));
  await until(() => peer.messages.length === 1, "the stream");
  const [{ streamId, serviceId, connectionId }] = peer.messages;
  const about = { streamId, serviceId, connectionId };
  const body = frame({ type: TYPE.data, ...about, payload: new Uint8Array(50_000) });
  for (let sent = 0; sent < 400; sent += 1) peer.send(body);
  peer.send(frame({ type: TYPE.connectionReset, ...about }));
  const length = await tab.evaluate(async () => {
    let length = 0;
    for await (const chunk of stream.readable) {
      length += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return length;
  });
  assert.equal(length, 400 * 50_000);
});
