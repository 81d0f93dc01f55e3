/** A page's connection through every bridge to the real service, and a device's agent at the other end. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { bridge, fetchBridge } from "../../wasm/dist/bridge.js";
import { init, TunnelConnection } from "../../wasm/dist/index.js";
import { SOON, echoServer, startAgent, startService, until } from "./programs.js";
import { pageSocket, ws } from "./ws.js";

await init();

let service, server, agent;
const thing = `pump-${randomBytes(4).toString("hex")}`;
before(async () => {
  service = await startService("--console", "127.0.0.1:0");
  server = await echoServer();
  agent = await startAgent(service, thing, { SSH: server.port });
});
after(async () => {
  await agent?.stop();
  server?.close();
  await service?.stop();
});

/** The origin of a console, with a bridge at /tunnel. */
async function origin(t, upgrade) {
  const http = createServer();
  http.on("upgrade", upgrade);
  await once(http.listen(0, "127.0.0.1"), "listening");
  t.after(() => (http.close(), http.closeAllConnections()));
  return `http://127.0.0.1:${http.address().port}`;
}

/** The bridge of Node. */
async function ofNode(t) {
  const between = await bridge({ target: service.data, tls: { ca: service.ca } });
  t.after(() => between.close());
  const url = await origin(t, between.upgrade);
  return { url: `${url}/tunnel`, WebSocket: pageSocket(url) };
}

/** The one in the service's own console. */
function ofConsole() {
  const { origin, port, searchParams } = new URL(service.ready.console);
  return { url: `${origin}/console/tunnel`, WebSocket: pageSocket(origin, `iot-tunnel-console-${port}=${searchParams.get("key")}`) };
}

/** That in the style of fetch, in an engine whose WebSockets can do no more than a browser's. */
async function ofFetch(t) {
  const sockets = new ws.WebSocketServer({ noServer: true, handleProtocols: (_, { chosen }) => chosen });
  const opened = [];
  t.after(() => opened.forEach((socket) => socket.terminate()));
  const plain = (socket) => {
    opened.push(socket);
    return {
      get readyState() {
        return socket.readyState;
      },
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      set binaryType(type) {
        socket.binaryType = type;
      },
      addEventListener: (type, listener) => socket.addEventListener(type, listener),
      send: (data) => socket.send(data.slice()),
      close(code = 1000, reason = "") {
        if (code !== 1000 && !(code >= 3000 && code <= 4999)) throw new DOMException(`code ${code}`, "InvalidAccessError");
        socket.close(code, reason);
      },
    };
  };
  const handle = fetchBridge({
    target: service.data,
    accept(request, { protocol }) {
      let socket;
      request.raw[0].chosen = protocol;
      sockets.handleUpgrade(...request.raw, (accepted) => (socket = accepted));
      return { response: undefined, socket: plain(socket) };
    },
    async connect(url, { protocols, headers }) {
      const socket = new ws.WebSocket(url, protocols, { headers, ca: service.ca });
      // What comes with the answer must not be lost before somebody listens.
      socket.once("open", () => socket.pause());
      const refused = once(socket, "unexpected-response").then(([, { statusCode, headers }]) => ({
        status: statusCode,
        reason: headers["x-status-reason"],
      }));
      refused.catch(() => {});
      const outcome = await Promise.race([once(socket, "open"), refused]);
      if ("status" in outcome) return outcome;
      setImmediate(() => socket.resume());
      return { socket: plain(socket) };
    },
  });
  const url = await origin(t, async (...raw) => {
    const [{ url, headers }, socket] = raw;
    const request = new Request(new URL(url, `http://${headers.host}`), { headers });
    const response = await handle(Object.assign(request, { raw }));
    if (response) socket.end(`HTTP/1.1 ${response.status} No\r\n\r\n`);
  });
  return { url: `${url}/tunnel`, WebSocket: pageSocket(url) };
}

for (const [kind, mount] of [["Node", ofNode], ["fetch", ofFetch], ["the console", ofConsole]]) {
  /** A page at that origin, with a connection to a fresh tunnel. */
  async function page(t, { token } = {}) {
    const tunnel = await service.openTunnel(["SSH"], thing);
    const connection = new TunnelConnection({
      ...(await mount(t)),
      side: "source",
      services: ["SSH"],
      accessToken: token ?? tunnel.sourceAccessToken,
    });
    t.after(() => connection.close());
    const asked = once(connection, "token", { signal: AbortSignal.timeout(SOON) });
    asked.catch(() => {});
    await until(async () => (await service.describe(tunnel.tunnelId)).destinationConnectionState.status === "CONNECTED", "the agent");
    return { tunnel, connection, asked };
  }

  test(`bytes go through the bridge of ${kind} as they were, and a rotation too`, async (t) => {
    const { tunnel, connection } = await page(t);
    for (let round = 0; round < 2; round += 1) {
      const stream = await connection.open("SSH");
      const bytes = randomBytes(2_000_000);
      const writer = stream.writable.getWriter();
      const written = writer.write(bytes);
      const chunks = [];
      let missing = bytes.length;
      for await (const chunk of stream.readable.values({ preventCancel: true })) {
        chunks.push(chunk);
        missing -= chunk.length;
        if (missing <= 0) break;
      }
      await written;
      assert.ok(Buffer.concat(chunks).equals(bytes));
      if (round > 0) break;
      const { sourceAccessToken } = await service.rotate(tunnel.tunnelId, "SOURCE");
      connection.replaceToken(sourceAccessToken);
      await assert.rejects(stream.closed, { code: "ConnectionLost" });
    }
  });

  test(`a page hears through the bridge of ${kind} why it is refused, and does not try again`, async (t) => {
    const { connection, asked } = await page(t, { token: "nonsense" });
    const [{ why, error }] = await asked;
    assert.deepEqual([why, error.code, error.status, error.reason], ["refused", "UnknownAccessToken", 400, "Invalid access token"]);
    assert.equal(connection.state, "awaiting-token");
  });
}
