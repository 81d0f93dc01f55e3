/** `listen` and `serve` where the tunnel is a model: who comes early, who has gone, and what is left at the end. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { Server, connect as connectTcp, createServer } from "node:net";
import { test } from "node:test";

import { listen, serve } from "../../wasm/dist/node.js";
import { connect, settled, TYPE } from "./model.js";
import { SOON, tcp, tcpServer, until } from "./programs.js";

const signal = () => ({ signal: AbortSignal.timeout(SOON) });

/** A source's connection and its port, with everything that was told, and the server behind it. */
async function listening(t, options = {}) {
  const rig = connect(options);
  const errors = [];
  const started = t.mock.method(Server.prototype, "listen");
  const port = await listen({ connection: rig.connection, service: "SSH", port: 0, onError: (error) => errors.push(error) });
  const server = started.mock.calls.at(-1).this;
  t.after(async () => {
    await port.close();
    rig.connection.close();
  });
  const count = () => new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
  return { ...rig, errors, server, port: port.port, count, open: () => rig.open() };
}

/** Waits until a number that has grown grows no more. */
async function stands(number) {
  await until(async () => {
    const before = number();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return before > 0 && number() === before;
  }, "the stop");
}

/** The types of the messages that were sent, one after another. */
const types = (socket) => socket.received().map(({ type }) => type);

test("clients that have gone before the tunnel opens are forgotten", async (t) => {
  const { port, count, open, errors } = await listening(t);
  for (const end of ["destroy", "resetAndDestroy", "end"]) {
    const clients = await Promise.all(Array.from({ length: 5 }, () => tcp(port)));
    await until(async () => (await count()) === 5, "the clients");
    for (const client of clients) {
      client.on("error", () => {});
      // An SSH client says its version at once.
      if (end === "destroy") client.write("SSH-2.0-client\r\n");
      client[end]();
    }
    await until(async () => (await count()) === 0, `the end by ${end}`);
  }
  const socket = open();
  await settled();
  assert.deepEqual(types(socket), []);
  assert.deepEqual(errors, []);
});

test("a client that ends its side before the tunnel opens is told by a reset that nothing was sent", async (t) => {
  const { port } = await listening(t);
  const client = await tcp(port);
  const failed = once(client, "error", signal());
  client.end("too early");
  assert.equal((await failed)[0].code, "ECONNRESET");
});

test("what a client says before the tunnel opens is sent then, in order, however much it is", async (t) => {
  const { port, open, server } = await listening(t);
  const accepted = once(server, "connection", signal());
  const client = await tcp(port);
  const [end] = await accepted;
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, n) => n % 251));
  client.write(bytes);
  // It is read, but not without an end.
  await stands(() => end.bytesRead);
  assert.ok(end.bytesRead >= 16 * 1024 && end.bytesRead < 500_000, `${end.bytesRead}`);
  const socket = open();
  let got = Buffer.alloc(0);
  await until(() => {
    got = Buffer.concat([got, ...socket.received().filter(({ type }) => type === TYPE.data).map(({ payload }) => payload)]);
    return got.length >= bytes.length;
  }, "the bytes");
  assert.ok(got.equals(bytes));
  client.destroy();
});

test("one client too many is reset, and that is told", async (t) => {
  const { port, errors, count } = await listening(t);
  const clients = await Promise.all(Array.from({ length: 256 }, () => tcp(port)));
  await until(async () => (await count()) === 256, "the clients");
  const late = connectTcp({ port, host: "127.0.0.1" }).on("error", () => {});
  await Promise.all([new Promise((resolve) => late.resume().once("close", resolve)), until(() => errors.length > 0, "the error")]);
  late.destroy();
  assert.deepEqual(errors.map(({ code }) => code), ["ConnectionTableFull"]);
  for (const client of clients) client.destroy();
  await until(async () => (await count()) === 0, "the end");
});

test("a connection that is closed meanwhile leaves no port", async (t) => {
  const { connection } = connect();
  const started = t.mock.method(Server.prototype, "listen");
  const port = listen({ connection, service: "SSH", port: 0 });
  connection.close();
  await assert.rejects(port, { code: "SessionClosed" });
  assert.equal(started.mock.calls[0].this.listening, false);
});

test("a port that cannot be had leaves nothing at the connection", async (t) => {
  const { connection, port } = await listening(t);
  const added = t.mock.method(connection, "addEventListener");
  await assert.rejects(listen({ connection, service: "SSH", port }), { code: "EADDRINUSE" });
  assert.equal(added.mock.callCount(), 0);
});

test("a client that cannot be taken, as there are no more files, is told and ends nothing", async (t) => {
  const { server, errors, port } = await listening(t);
  const error = Object.assign(new Error("accept ENFILE"), { code: "ENFILE" });
  server.emit("error", error);
  assert.deepEqual(errors, [error]);
  (await tcp(port)).destroy();
});

/** A destination's connection that is open, for the streams that its source starts. */
function destination(t) {
  const rig = connect({ side: "destination", services: ["SSH", "RDP"] });
  t.after(() => rig.connection.close());
  const socket = rig.open();
  socket.received();
  let connectionId = 0;
  const start = (serviceId) => {
    connectionId += 1;
    const isFirst = connectionId === 1 || !start.known.has(serviceId);
    start.known.add(serviceId);
    const streamId = serviceId === "SSH" ? 5 : 6;
    socket.deliver({ type: isFirst ? TYPE.streamStart : TYPE.connectionStart, streamId, serviceId, connectionId });
    return connectionId;
  };
  start.known = new Set();
  return { ...rig, socket, start };
}

/** A server that keeps who came. */
async function kept(t) {
  const came = [];
  const server = await tcpServer((socket) => {
    came.push(socket);
    socket.on("error", () => {});
  });
  t.after(() => {
    for (const socket of came) socket.destroy();
    server.close();
  });
  return { came, port: server.port };
}

test("a service that is served no more resets what the source starts", async (t) => {
  const { connection, socket, start } = destination(t);
  const { came, port } = await kept(t);
  const serving = serve({ connection, service: "SSH", port });
  start("SSH");
  await until(() => came.length === 1, "the first");
  await serving.close();
  await until(() => types(socket).includes(TYPE.connectionReset), "the end of the first");
  const second = start("SSH");
  await settled();
  assert.deepEqual(socket.received().map(({ type, connectionId }) => [type, connectionId]), [[TYPE.connectionReset, second]]);
  // Other services are nobody's business here.
  start("RDP");
  await settled();
  assert.deepEqual(types(socket), []);
  // And it can be served anew, by another server.
  const other = await kept(t);
  serve({ connection, service: "SSH", port: other.port });
  await serving.close();
  start("SSH");
  await until(() => other.came.length === 1, "the third");
  assert.equal(came.length, 1);
});

test("whoever serves every service leaves those to others that they serve", async (t) => {
  const { connection, start } = destination(t);
  const [all, ssh] = [await kept(t), await kept(t)];
  serve({ connection, port: all.port });
  const serving = serve({ connection, service: "SSH", port: ssh.port });
  for (const service of ["SSH", "SSH", "RDP", "SSH"]) start(service);
  await until(() => ssh.came.length === 3 && all.came.length === 1, "everybody");
  await serving.close();
  start("SSH");
  await until(() => all.came.length === 2, "the one that nobody else serves");
});

test("a server's port that cannot be is refused at once", (t) => {
  const { connection } = destination(t);
  for (const port of [0, -1, 65_536, 22.5, NaN]) assert.throws(() => serve({ connection, port }), RangeError, `${port}`);
});

/** Where the clients are of a source whose tunnel is open: the next one, its stream, and what was sent of it. */
async function opened(t, options = {}) {
  const rig = await listening(t, options);
  const socket = rig.open();
  const client = async () => {
    const client = await tcp(rig.port);
    let start;
    await until(() => {
      start ??= socket.received().find(({ type }) => type === TYPE.streamStart || type === TYPE.connectionStart);
      return start;
    }, "the start");
    const { streamId, serviceId, connectionId } = start;
    return { client, about: { streamId, serviceId, ...(connectionId && { connectionId }) } };
  };
  return { ...rig, socket, client };
}

for (const [how, cut] of [
  ["the WebSocket drops", ({ socket }) => socket.drop()],
  ["a rotation replaces it", ({ connection }) => connection.replaceToken("token-2")],
  ["the connection is closed", ({ connection }) => connection.close()],
  ["the tunnel is closed", ({ socket }) => socket.drop(1008, "tunnel closed")],
  ["the other side is gone", ({ socket }, { streamId, serviceId }) => socket.deliver({ type: TYPE.streamReset, streamId, serviceId })],
]) {
  test(`a client in the middle of a download is reset when ${how}`, async (t) => {
    const rig = await opened(t);
    const { client, about } = await rig.client();
    let hasEnded = false;
    client.on("end", () => (hasEnded = true)).resume();
    rig.socket.deliver({ type: TYPE.data, ...about, payload: new Uint8Array(60_000) });
    await until(() => client.bytesRead === 60_000, "the first part");
    const failed = new Promise((resolve) => client.once("error", resolve));
    cut(rig, about);
    assert.equal((await failed).code, "ECONNRESET");
    assert.equal(hasEnded, false);
  });
}

test("a port that is closed resets its clients, and a service that is served no more its server's connections", async (t) => {
  const rig = connect();
  rig.open();
  const port = await listen({ connection: rig.connection, service: "SSH", port: 0 });
  t.after(() => rig.connection.close());
  const client = await tcp(port.port);
  await until(() => rig.socket.sent.length > 0, "the start");
  const failed = new Promise((resolve) => client.once("error", resolve));
  await port.close();
  assert.equal((await failed).code, "ECONNRESET");
  const { connection, start } = destination(t);
  const { came, port: server } = await kept(t);
  const serving = serve({ connection, service: "SSH", port: server });
  start("SSH");
  await until(() => came.length === 1, "the server's connection");
  const reset = new Promise((resolve) => came[0].resume().once("error", resolve));
  await serving.close();
  assert.equal((await reset).code, "ECONNRESET");
});

test("a client gets an orderly end where the peer has ended the connection on a living tunnel", async (t) => {
  const rig = await opened(t);
  const { client, about } = await rig.client();
  const ended = once(client.resume(), "end", signal());
  rig.socket.deliver({ type: TYPE.data, ...about, payload: new Uint8Array(1000) }, { type: TYPE.connectionReset, ...about });
  await ended;
  assert.equal(client.bytesRead, 1000);
});

for (const format of ["V1", "V2"]) {
  test(`a half-closed client makes way for the next one, as there is one connection at a time (${format})`, async (t) => {
    const services = { services: ["SSH"], format };
    const rig = await listening(t, services);
    rig.socket.accept();
    rig.socket.announce("SSH");
    const { socket, clock } = rig;
    const first = await tcp(rig.port);
    first.end("request");
    const sent = [];
    const types = () => (sent.push(...socket.received()), sent.map(({ type }) => type));
    await until(() => types().includes(TYPE.data), "the request");
    assert.ok(!types().includes(TYPE.streamReset), "the end was sent before an answer");
    const second = await tcp(rig.port);
    await until(() => types().includes(TYPE.streamReset), "the end of the first");
    // What is still under way for the first must not reach the second.
    assert.equal(types().filter((type) => type === TYPE.streamStart).length, 1);
    await clock.advance(500);
    await until(() => types().filter((type) => type === TYPE.streamStart).length === 2, "the start of the second");
    second.destroy();
    first.destroy();
  });
}

test("in a full table the client that has been half-closed and silent the longest makes way", async (t) => {
  const rig = await opened(t);
  const clients = [];
  for (let number = 0; number < 256; number += 1) clients.push(await rig.client());
  const ended = [];
  for (const [number, { client }] of clients.entries()) client.once("close", () => ended.push(number)).on("error", () => {}).resume();
  clients[7].client.end("request");
  clients[9].client.end("request");
  await until(() => rig.socket.received().filter(({ type }) => type === TYPE.data).length > 0, "a request");
  await settled();
  rig.socket.deliver({ type: TYPE.data, ...clients[7].about, payload: Uint8Array.of(1) });
  await until(() => clients[7].client.bytesRead === 1, "the byte");
  const late = await rig.client();
  assert.ok(late.about.connectionId > 256);
  await until(() => ended.length > 0, "the one that makes way");
  assert.deepEqual([ended, rig.errors], [[9], []]);
  for (const { client } of clients) client.destroy();
});

test("a server at ::1 or at 127.0.0.1 alone is found as localhost, which is the default", async (t) => {
  for (const host of ["127.0.0.1", "::1"]) {
    const came = [];
    const server = createServer((socket) => came.push(socket.on("error", () => {})));
    const hasFamily = await new Promise((resolve) => server.once("error", () => resolve(false)).listen(0, host, () => resolve(true)));
    if (!hasFamily) continue;
    t.after(() => (server.close(), came.forEach((socket) => socket.destroy())));
    const { connection, start } = destination(t);
    const errors = [];
    serve({ connection, service: "SSH", port: server.address().port, onError: (error) => errors.push(error) });
    start("SSH");
    await until(() => came.length === 1, `the connection to ${host}`);
    assert.deepEqual(errors, []);
  }
});

test("a server that cannot be reached at any address of localhost is one error that says why", async (t) => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  await once(server.close(), "close");
  const { connection, start } = destination(t);
  const errors = [];
  serve({ connection, service: "SSH", port, onError: (error) => errors.push(error) });
  start("SSH");
  await until(() => errors.length > 0, "the error");
  assert.equal(errors[0].code, "ECONNREFUSED");
  assert.match(errors[0].message, /ECONNREFUSED 127\.0\.0\.1/);
});

test("a client that stopped reading is reset alone once others have waited behind it for 10 s, and that is told", async (t) => {
  const rig = await opened(t);
  const stopped = await rig.client();
  stopped.client.pause();
  // A client in Node that did not read sees a reset as an end, behind what had come: what matters is that it comes.
  const over = new Promise((resolve) => stopped.client.once("error", resolve).once("end", resolve));
  await until(() => {
    if (!rig.socket.paused) rig.socket.deliver({ type: TYPE.data, ...stopped.about, payload: new Uint8Array(60_000) });
    return rig.socket.paused;
  }, "the full buffers");
  const other = await rig.client();
  await rig.clock.advance(9_999);
  assert.equal(rig.socket.paused, true);
  await rig.clock.advance(1);
  assert.equal(rig.socket.paused, false);
  rig.socket.deliver({ type: TYPE.data, ...other.about, payload: Uint8Array.of(42) });
  assert.equal((await once(other.client, "data", signal()))[0][0], 42);
  stopped.client.resume();
  await over;
  await until(() => rig.told.errors.length > 0, "the error");
  assert.equal(rig.told.errors[0].message, "a stream of SSH was reset: its reader took nothing for 10 s while others waited");
});
