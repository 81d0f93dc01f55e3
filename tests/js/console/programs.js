/** The programs under test, started on free loopback ports and stopped the way an operator does. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const DEADLINE_MS = 30_000;
const PROGRAM =
  process.env.IOT_TUNNEL_BIN || fileURLToPath(new URL("../../../target/debug/iot-tunnel", import.meta.url));

/** A running program. */
class Program {
  #child;
  #exited;
  #log = "";
  /** What its `--ready` line says. */
  ready;

  static async start(arguments_, path = PROGRAM) {
    const program = new Program();
    await program.#start(path, arguments_);
    return program;
  }

  async #start(path, arguments_) {
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("IOT_TUNNEL_"));
    const stdio = ["ignore", "pipe", "pipe"];
    this.#child = spawn(path, [...arguments_, "--ready"], { stdio, env: Object.fromEntries(environment) });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.#log += text));
    this.#exited = once(this.#child, "exit");
    const lines = createInterface({ input: this.#child.stdout });
    const line = await Promise.race([
      once(lines, "line", { signal: AbortSignal.timeout(DEADLINE_MS) }).then(([text]) => text),
      this.#exited.then(([code]) => Promise.reject(new Error(`exit code ${code} before the --ready line:\n${this.#log}`))),
    ]).catch((error) => {
      this.#child.kill("SIGKILL");
      throw error;
    });
    this.ready = JSON.parse(line);
  }

  /** Everything it wrote to stderr so far. */
  get log() {
    return this.#log;
  }

  /** SIGTERM: it ends in order with code 0, or this throws with its log. */
  async stop() {
    this.#child.kill("SIGTERM");
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), DEADLINE_MS);
    const [code, signal] = await this.#exited;
    clearTimeout(patience);
    if (code !== 0) throw new Error(`exit code ${code}, signal ${signal} after SIGTERM:\n${this.#log}`);
  }
}

/** A folder of its own for a service, so that it can start again and find its tunnels, at the same addresses. */
export class Place {
  #folder = mkdtempSync(join(tmpdir(), "iot-tunnel-console-"));
  #ports = {};

  /** Starts the service here; `path` is another program than the one under test. */
  async serve(path = PROGRAM) {
    const at = (name) => `127.0.0.1:${this.#ports[name] ?? 0}`;
    const flags = [
      ...["--store", join(this.#folder, "tunnels.redb"), "--tls-dir", join(this.#folder, "tls")],
      ...["--control", at("control"), "--mqtt", at("mqtt"), "--console", at("console")],
      ...["--data", "off", "--data-plain", at("data_plain"), "--region", "us-east-1", "--account", "123456789012"],
    ];
    const service = await Program.start(["serve", ...flags], path);
    for (const name of ["control", "mqtt", "console", "data_plain"]) this.#ports[name] = new URL(service.ready[name]).port;
    return service;
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a device's agent: `servers` are the ports of its services. */
export function startAgent(service, thing, servers) {
  const { mqtt, data_plain } = service.ready;
  const services = Object.entries(servers).map(([name, port]) => `${name}=127.0.0.1:${port}`);
  return Program.start(["agent", "--thing", thing, "--mqtt", mqtt, "-e", data_plain, "-d", services.join(), "--max-tunnels", "64"]);
}

/** Starts a tunnel's destination with one server, whatever the tunnel calls it. */
export function startDestination(service, token, port) {
  return Program.start(["proxy", "-e", service.ready.data_plain, "-t", token, "-d", `127.0.0.1:${port}`]);
}
