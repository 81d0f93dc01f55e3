/** `iot-tunnel/node` against the project's own programs: byte for byte, many at a time, through a rotation. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

import { connect, listen, serve } from "../../wasm/dist/node.js";
import { ROOT } from "./node.js";
import { SOON, echoServer, echoed, read, startAgent, startService, startSource, tcp, tcpServer, until } from "./programs.js";

let service;
before(async () => void (service = await startService()));
after(() => service.stop());

/** Closes what a test has opened, the latest first. */
function cleanup(t) {
  const opened = [];
  t.after(async () => {
    for (const one of opened.reverse()) await (one.stop ?? one.close).call(one);
  });
  return (one) => (opened.push(one), one);
}

const state = (connection, state) => until(() => connection.state === state, `the state ${state}`);

/** A node source in front of `iot-tunnel agent`. */
async function sourceBeforeAgent(t, server) {
  const keep = cleanup(t);
  const thing = `pump-${randomBytes(4).toString("hex")}`;
  keep(server);
  keep(await startAgent(service, thing, { SSH: server.port }));
  const tunnel = await service.openTunnel(["SSH"], thing);
  const connection = keep(
    await connect({ url: service.data, tls: { ca: service.ca }, side: "source", services: ["SSH"], accessToken: tunnel.sourceAccessToken }),
  );
  const listening = keep(await listen({ connection, service: "SSH", port: 0 }));
  await until(async () => (await service.describe(tunnel.tunnelId)).destinationConnectionState.status === "CONNECTED", "the agent");
  await state(connection, "open");
  return { tunnel, connection, listening, keep };
}

/** A node destination behind `iot-tunnel proxy`. */
async function destinationBehindProxy(t, server) {
  const keep = cleanup(t);
  keep(server);
  const tunnel = await service.openTunnel(["SSH"]);
  const connection = keep(
    await connect({ url: service.data, tls: { ca: service.ca }, side: "destination", services: ["SSH"], accessToken: tunnel.destinationAccessToken }),
  );
  keep(serve({ connection, service: "SSH", port: server.port }));
  await state(connection, "open");
  const source = keep(await startSource(service, tunnel.sourceAccessToken, ["SSH"]));
  return { tunnel, connection, port: source.ports.SSH, source, keep };
}

const RIGS = {
  "as source before the agent": async (t, server) => {
    const rig = await sourceBeforeAgent(t, server);
    return { ...rig, port: rig.listening.port };
  },
  "as destination behind the proxy": destinationBehindProxy,
};

for (const [how, rig] of Object.entries(RIGS)) {
  test(`50 connections at a time, each byte for byte, ${how}`, async (t) => {
    const { port } = await rig(t, await echoServer());
    const work = Array.from({ length: 50 }, async (_, n) => {
      const bytes = randomBytes(1 + n * 8_000);
      assert.deepEqual(await echoed(port, bytes), bytes);
    });
    await Promise.all(work);
  });

  test(`20 MB each way at once, byte for byte, ${how}`, async (t) => {
    const { port } = await rig(t, await echoServer());
    const bytes = randomBytes(20_000_000);
    const back = await echoed(port, bytes);
    assert.ok(back.equals(bytes));
  });

  test(`the server's end comes after all of its bytes, ${how}`, async (t) => {
    const bytes = randomBytes(3_000_000);
    const { port } = await rig(t, await tcpServer((socket) => socket.end(bytes)));
    const socket = await tcp(port);
    const got = await read(socket, Infinity);
    assert.ok(got.equals(bytes), `${got.length}`);
    socket.destroy();
  });

  test(`the client's end comes after all of its bytes, ${how}`, async (t) => {
    const received = [];
    let isEnded = false;
    const server = await tcpServer((socket) => {
      socket.on("data", (chunk) => received.push(chunk)).on("end", () => (isEnded = true));
    });
    const { port } = await rig(t, server);
    const bytes = randomBytes(3_000_000);
    const socket = await tcp(port);
    socket.end(bytes);
    await until(() => isEnded, "the client's end");
    assert.ok(Buffer.concat(received).equals(bytes));
    // It is told once the other side is silent, and then it is the end of both directions.
    await read(socket, Infinity).catch(() => {});
    socket.destroy();
  });

  test(`a reader that stops stops its peer, and goes on later, ${how}`, async (t) => {
    let sent = 0;
    const server = await tcpServer((socket) => {
      const chunk = Buffer.alloc(64 * 1024);
      const pump = () => {
        while (sent < 200_000_000 && !socket.destroyed) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once("drain", pump);
        }
        socket.end();
      };
      pump();
    });
    const { port } = await rig(t, server);
    const socket = await tcp(port);
    socket.pause();
    // What is on its way fills every buffer in between, and then nothing moves.
    let before = -1;
    await until(async () => {
      const stands = sent > 0 && sent === before;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return stands && sent === before;
    }, "the stop");
    assert.ok(sent < 60_000_000, `${sent} bytes are under way`);
    const got = await read(socket, sent + 1);
    assert.ok(got.length > 0);
    socket.destroy();
  });
}

test("a rotation in the middle: what was connected ends, whoever comes later is served, and no byte is mixed", async (t) => {
  const { tunnel, connection, listening } = await sourceBeforeAgent(t, await echoServer());
  const record = (n) => Buffer.from(`${n};`.padEnd(64, "."));
  let isOver = false;
  let answered = 0;
  const load = (async () => {
    for (let number = 0; !isOver; number += 1) {
      const socket = await tcp(listening.port);
      for (let n = 0; !isOver; n += 1) {
        const sent = record(`${number}:${n}`);
        socket.write(sent);
        const back = await read(socket, sent.length).catch(() => Buffer.alloc(0));
        // A rotation may cut an answer, but never change or mix it.
        assert.ok(back.equals(sent.subarray(0, back.length)), `${back}`);
        if (back.length < sent.length) break;
        answered += 1;
      }
      socket.destroy();
    }
  })();
  for (const mode of ["SOURCE", "DESTINATION", "ALL", "SOURCE", "ALL", "DESTINATION"]) {
    const before = answered;
    await until(() => answered > before, "an answer before the rotation");
    const rotated = await service.rotate(tunnel.tunnelId, mode);
    if (rotated.sourceAccessToken) assert.equal(connection.replaceToken(rotated.sourceAccessToken), "new");
    const then = answered;
    await until(() => answered > then + 5, "answers after the rotation");
  }
  isOver = true;
  await load;
  const bytes = randomBytes(100_000);
  assert.deepEqual(await echoed(listening.port, bytes), bytes);
});

test("a destination lives through a rotation", async (t) => {
  const { tunnel, connection, port } = await destinationBehindProxy(t, await echoServer());
  const bytes = randomBytes(10_000);
  assert.deepEqual(await echoed(port, bytes), bytes);
  const { destinationAccessToken } = await service.rotate(tunnel.tunnelId, "DESTINATION");
  assert.equal(connection.replaceToken(destinationAccessToken), "new");
  await state(connection, "open");
  assert.deepEqual(await until(async () => {
    const back = await echoed(port, bytes);
    return back.length > 0 && back;
  }, "an answer"), bytes);
});

test("whoever comes while the tunnel is not open waits for it", async (t) => {
  const { connection, tunnel, listening } = await sourceBeforeAgent(t, await echoServer());
  const { sourceAccessToken } = await service.rotate(tunnel.tunnelId, "SOURCE");
  await until(() => connection.state !== "open", "the end of the old connection");
  const bytes = randomBytes(1000);
  const answer = echoed(listening.port, bytes);
  connection.replaceToken(sourceAccessToken);
  assert.deepEqual(await answer, bytes);
});

test("a refusal says why, with the service's words", async (t) => {
  const keep = cleanup(t);
  const tunnel = await service.openTunnel(["SSH"]);
  await service.rotate(tunnel.tunnelId, "ALL");
  const connection = keep(
    await connect({ url: service.data, tls: { ca: service.ca }, side: "source", services: ["SSH"], accessToken: tunnel.sourceAccessToken }),
  );
  const [{ why, error }] = await once(connection, "token", { signal: AbortSignal.timeout(SOON) });
  assert.deepEqual([why, error.code, error.status], ["refused", "AccessTokenRevoked", 400]);
  assert.match(error.channelId, /^[0-9a-f-]{36}$/);
  assert.equal(connection.state, "awaiting-token");
});

test("a tunnel that is closed closes the connection and its port", async (t) => {
  const { connection, listening, tunnel } = await sourceBeforeAgent(t, await echoServer());
  await service.close(tunnel.tunnelId);
  await state(connection, "closed");
  await until(() => tcp(listening.port).then((socket) => (socket.destroy(), false), () => true), "the end of the port");
});

test("a server that cannot be reached ends the connection at once, and is told", async (t) => {
  const keep = cleanup(t);
  const closed = await echoServer();
  closed.close();
  const tunnel = await service.openTunnel(["SSH"]);
  const connection = keep(
    await connect({ url: service.data, tls: { ca: service.ca }, side: "destination", services: ["SSH"], accessToken: tunnel.destinationAccessToken }),
  );
  const errors = [];
  keep(serve({ connection, service: "SSH", port: closed.port, onError: (error) => errors.push(error.code) }));
  const source = keep(await startSource(service, tunnel.sourceAccessToken, ["SSH"]));
  await state(connection, "open");
  const socket = await until(async () => {
    const socket = await tcp(source.ports.SSH);
    await read(socket, Infinity).catch(() => {});
    socket.destroy();
    return errors.length > 0 && socket;
  }, "the refusal");
  assert.ok(socket);
  assert.equal(errors[0], "ECONNREFUSED");
});

test("while the destination is away a local connection is reset at once", async (t) => {
  const keep = cleanup(t);
  const { sourceAccessToken } = await service.openTunnel(["SSH"]);
  const connection = keep(
    await connect({ url: service.data, tls: { ca: service.ca }, side: "source", services: ["SSH"], accessToken: sourceAccessToken }),
  );
  const { port } = keep(await listen({ connection, service: "SSH", port: 0 }));
  await state(connection, "open");
  const socket = await tcp(port);
  socket.write("SSH-2.0-client\r\n");
  await assert.rejects(read(socket, Infinity), { code: "ECONNRESET" });
  assert.equal(connection.state, "open");
});

test("an authority that is not trusted is a connection that failed", async (t) => {
  const keep = cleanup(t);
  const { sourceAccessToken } = await service.openTunnel(["SSH"]);
  const connection = keep(await connect({ url: service.data, side: "source", services: ["SSH"], accessToken: sourceAccessToken }));
  const [{ error }] = await once(connection, "error", { signal: AbortSignal.timeout(SOON) });
  assert.deepEqual([error.code, connection.state], ["ConnectionLost", "backoff"]);
  assert.match(error.message, /certificate/);
});

test("without the package ws it says what to install", (t) => {
  // Where the package stands alone, as after its installation.
  const folder = mkdtempSync(join(tmpdir(), "iot-tunnel-alone-"));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(resolve(ROOT, "wasm/dist"), join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const program = 'import { connect } from "./dist/node.js"; await connect({ region: "eu-west-1", side: "source" }).catch((error) => console.log(error.code, error.message));';
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, encoding: "utf8" });
  assert.match(said, /^NoWebSocket .*npm install ws/);
});

test("options that cannot be are refused", async (t) => {
  const keep = cleanup(t);
  for (const options of [{}, { region: "eu-west-1", url: service.data }]) {
    await assert.rejects(connect({ ...options, side: "source" }), { code: "InvalidEndpoint" });
  }
  await assert.rejects(connect({ region: "EU", side: "source" }), { code: "InvalidRegion" });
  const source = keep(await connect({ url: service.data, side: "source" }));
  const destination = keep(await connect({ url: service.data, side: "destination" }));
  await assert.rejects(listen({ connection: destination, port: 0 }), { code: "NotSource" });
  assert.throws(() => serve({ connection: source, port: 1 }), { code: "UnknownSide" });
  const { port } = keep(await listen({ connection: source, port: 0 }));
  await assert.rejects(listen({ connection: source, port }), { code: "EADDRINUSE" });
  source.close();
  await assert.rejects(listen({ connection: source, port: 0 }), { code: "SessionClosed" });
});
