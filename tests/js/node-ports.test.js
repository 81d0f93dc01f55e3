/** `listen` and `serve` where the tunnel is a model: who comes early, who has gone, and what is left at the end. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { Server } from "node:net";
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

test("one client too many is closed, and that is told", async (t) => {
  const { port, errors, count } = await listening(t);
  const clients = await Promise.all(Array.from({ length: 256 }, () => tcp(port)));
  await until(async () => (await count()) === 256, "the clients");
  const late = await tcp(port);
  await Promise.all([once(late.resume(), "end", signal()), until(() => errors.length > 0, "the error")]);
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
