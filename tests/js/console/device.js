/** What runs on a device: real servers on loopback. */

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";

/** The size of the file that the device's web server has. */
const FILE_SIZE = 10 * 1024 * 1024;

/** Servers by the names of their services; each port is closed by {@link stop}. */
export class Device {
  /** Random bytes, at `/firmware.bin`. */
  file = randomBytes(FILE_SIZE);
  /** The file's SHA-256. */
  sum = createHash("sha256").update(this.file).digest("hex");
  ports = {};
  #servers = [];
  #shells = new Set();

  static async start() {
    const device = new Device();
    await device.#listen("ECHO", createServer((socket) => socket.on("error", () => {}).pipe(socket)));
    await device.#listen("SHELL", createServer((socket) => device.#shell(socket)));
    await device.#listen("HTTP", createHttpServer((request, response) => device.#answer(request, response)));
    return device;
  }

  async #listen(name, server) {
    await once(server.listen(0, "127.0.0.1"), "listening");
    this.ports[name] = server.address().port;
    this.#servers.push(server);
  }

  #shell(socket) {
    const shell = spawn("sh", [], { env: { PATH: process.env.PATH } });
    this.#shells.add(shell);
    const end = () => shell.kill("SIGKILL");
    socket.on("error", end).on("close", end);
    shell.stdin.on("error", () => {});
    shell.on("exit", () => this.#shells.delete(shell));
    socket.pipe(shell.stdin);
    shell.stdout.pipe(socket);
    shell.stderr.pipe(socket, { end: false });
  }

  #answer({ url }, response) {
    if (url === "/firmware.bin") response.end(this.file);
    else response.writeHead(404).end();
  }

  stop() {
    for (const shell of this.#shells) shell.kill("SIGKILL");
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections?.();
    }
  }
}

/** A port that nobody listens at. */
export async function nobodysPort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  await once(server.close(), "close");
  return port;
}
