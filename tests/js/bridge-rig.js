/** A bridge between pages and a service, all of them the test's. */

import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectTcp } from "node:net";

import { bridge } from "../../wasm/dist/bridge.js";
import { encodeToken } from "../../wasm/dist/subprotocol.js";
import { SOON, until } from "./programs.js";
import { ws } from "./ws.js";

export const V3 = "aws.iot.securetunneling-3.0";
export const TOKEN = "the-secret-access-token";
export const CLIENT_TOKEN = "0123456789-0123456789-0123456789-x";
export const signal = () => ({ signal: AbortSignal.timeout(SOON) });
export const offer = (token = TOKEN, ...others) => [V3, `iot-tunnel.token.${encodeToken(token)}`, ...others];

/** How a WebSocket is closed. */
const ending = (socket) => new Promise((resolve) => socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));

/** An answer that never comes. */
export const SILENCE = [];

/** A service whose answers the test gives, and a bridge before it. Everything that is said in a log is kept. */
export async function rig(t, { isSecure, ...options } = {}, answer = undefined) {
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

/** How a handshake is refused by a status. */
export const rejected = async (socket) => {
  const response = await socket.answer;
  const { statusCode: status, headers } = response;
  response.destroy();
  return { status, reason: headers["x-status-reason"] };
};

export const KEY = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n";

/** What is answered to a request that no WebSocket would make. */
export async function asked(host, method, headers, target = "/tunnel?local-proxy-mode=source") {
  const socket = connectTcp(Number(host.split(":")[1]), "127.0.0.1");
  socket.write(`${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`);
  const [answer] = await once(socket, "data", signal());
  socket.destroy();
  return answer.toString();
}
