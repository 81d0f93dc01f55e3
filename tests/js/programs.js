/** The project's program as the parts around a test: the service, a device's agent, a proxy. Loopback and free ports only. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { ROOT } from "./node.js";

/** The program of IOT_TUNNEL_BIN, else the debug build of this checkout. */
const PROGRAM = process.env.IOT_TUNNEL_BIN ?? resolve(ROOT, "target/debug/iot-tunnel");
/** What must happen soon gets this long; nothing here measures a speed. */
export const SOON = 30_000;

/** One running program. */
class Program {
  #child;
  #exited;
  #folders = [];
  log = "";

  constructor(args, env) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(IOT_TUNNEL_|AWS|HTTPS_PROXY|https_proxy)/.test(name));
    this.#child = spawn(PROGRAM, [...args, "--ready"], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.log += text));
    this.#exited = once(this.#child, "exit");
  }

  async untilReady() {
    const lines = createInterface({ input: this.#child.stdout });
    const patience = AbortSignal.timeout(SOON);
    const line = once(lines, "line", { signal: patience }).then(([text]) => text);
    const exit = this.#exited.then(([code]) => Promise.reject(new Error(`exit code ${code} before the --ready line:\n${this.log}`)));
    try {
      this.ready = JSON.parse(await Promise.race([line, exit]));
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    }
    exit.catch(() => {});
    return this;
  }

  /** Waits until its log says something that many times. */
  async untilLog(text, count = 1) {
    const deadline = Date.now() + SOON;
    while (this.log.split(text).length - 1 < count) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`the log does not say '${text}' ${count} times; it says:\n${this.log}`);
      await once(this.#child.stderr, "data", { signal: AbortSignal.timeout(left) }).catch(() => {});
    }
  }

  onStop(remove) {
    this.#folders.push(remove);
  }

  /** SIGTERM: it ends in order with code 0, or this throws. */
  async stop() {
    this.#child.kill("SIGTERM");
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), SOON);
    const [code, signal] = await this.#exited;
    clearTimeout(patience);
    for (const remove of this.#folders) remove();
    if (code !== 0) throw new Error(`exit code ${code}, signal ${signal} after SIGTERM:\n${this.log}`);
  }
}

/** `iot-tunnel serve`, and its control plane by plain HTTP. */
export async function startService(...flags) {
  const tls = mkdtempSync(join(tmpdir(), "iot-tunnel-tls-"));
  const listen = ["--control", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data", "127.0.0.1:0", "--data-plain", "127.0.0.1:0"];
  const region = ["--region", "us-east-1", "--account", "123456789012"];
  const service = new Program(["serve", ...listen, ...region, "--store", "memory", "--tls-dir", tls, ...flags]);
  service.onStop(() => rmSync(tls, { recursive: true }));
  await service.untilReady();
  const { ready } = service;
  const call = async (operation, input) => {
    const answer = await fetch(ready.control, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `IoTSecuredTunneling.${operation}` },
      body: JSON.stringify(input),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${operation}: ${answer.status} ${JSON.stringify(body)}`);
    return body;
  };
  return Object.assign(service, {
    data: ready.data,
    ca: readFileSync(ready.ca),
    openTunnel: (services, thingName) =>
      call("OpenTunnel", services ? { destinationConfig: { services, ...(thingName && { thingName }) } } : {}),
    rotate: (tunnelId, clientMode) => call("RotateTunnelAccessToken", { tunnelId, clientMode }),
    close: (tunnelId) => call("CloseTunnel", { tunnelId }),
    describe: async (tunnelId) => (await call("DescribeTunnel", { tunnelId })).tunnel,
  });
}

const reach = (service) => ["-e", service.ready.data, "-c", service.ready.ca];

/** `iot-tunnel agent` of a thing: hears of its tunnels over MQTT. `servers` are ports by their services. */
export function startAgent(service, thing, servers) {
  const apps = Object.entries(servers).map(([name, port]) => `${name}=127.0.0.1:${port}`);
  return new Program(["agent", "--thing", thing, "--mqtt", service.ready.mqtt, ...reach(service), "-d", apps.join(",")]).untilReady();
}

/** `iot-tunnel proxy` as a source that listens for services on free ports. */
export async function startSource(service, token, services) {
  const listen = services.map((name) => `${name}=0`).join(",");
  const proxy = new Program(["proxy", ...reach(service), "-s", listen], { AWSIOT_TUNNEL_ACCESS_TOKEN: token });
  await proxy.untilReady();
  const ports = proxy.ready.listeners.map(({ service, address }) => [service, Number(address.split(":").at(-1))]);
  return Object.assign(proxy, { ports: Object.fromEntries(ports) });
}

/** A TCP server that answers each connection by `answer(socket)`. */
export async function tcpServer(answer) {
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    answer(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: server.address().port,
    sockets,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Sends back what comes, and its end. */
export const echoServer = () => tcpServer((socket) => socket.pipe(socket));

/** A TCP connection that is there. */
export async function tcp(port) {
  const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  await once(socket, "connect", { signal: AbortSignal.timeout(SOON) });
  socket.on("error", () => {});
  return socket;
}

/** Sends bytes and reads as many back. */
export async function echoed(port, bytes) {
  const socket = await tcp(port);
  socket.write(bytes);
  const back = await read(socket, bytes.length);
  socket.destroy();
  return back;
}

/** So many bytes, or fewer if the connection ends before. */
export async function read(socket, length) {
  const chunks = [];
  let missing = length;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    missing -= chunk.length;
    if (missing <= 0) break;
  }
  return Buffer.concat(chunks);
}

/** Waits until `holds()` gives something true, and gives that. Between two looks it lets others run. */
export async function until(holds, what, patience = SOON) {
  const deadline = Date.now() + patience;
  for (;;) {
    const outcome = await holds();
    if (outcome) return outcome;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
