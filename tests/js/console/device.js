/** What runs on a device: real servers on loopback. */

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";

/** The size of the file that the device's web server has. */
const FILE_SIZE = 10 * 1024 * 1024;

/** Answers whose body never ends, by their paths. */
const ENDLESS = {
  "/endless.bin": [200, {}],
  "/long.bin": [200, { "content-length": 300 * 1024 * 1024 }],
  "/missing-with-a-long-page": [404, {}],
  "/broken-with-a-long-page": [500, {}],
  "/moved-with-a-long-page": [302, { location: "/firmware.bin" }],
};

/** Servers by the names of their services; each port is closed by {@link stop}. */
export class Device {
  /** Random bytes, at `/firmware.bin`. */
  file = randomBytes(FILE_SIZE);
  /** The file's SHA-256. */
  sum = createHash("sha256").update(this.file).digest("hex");
  ports = {};
  /** Bytes of endless bodies that were sent. */
  filled = 0;
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
    if (url === "/firmware.bin") return response.end(this.file);
    const [status, fields] = ENDLESS[url] ?? [];
    if (status === undefined) return response.writeHead(404).end();
    const { port } = response.socket.address();
    response.writeHead(status, { ...fields, ...(fields.location && { location: `http://127.0.0.1:${port}${fields.location}` }) });
    this.#fill(response);
  }

  /** Sends zeros for as long as they are taken, and counts them. */
  #fill(response) {
    const zeros = Buffer.alloc(64 * 1024);
    const more = () => {
      do {
        if (response.destroyed) return;
        this.filled += zeros.length;
      } while (response.write(zeros));
      response.once("drain", more);
    };
    response.on("error", () => {});
    more();
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
