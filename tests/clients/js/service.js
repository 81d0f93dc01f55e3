// Starts `iot-tunnel serve` on free loopback ports, and stops it the way an operator does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const REGION = "us-east-1";
const ACCOUNT = "123456789012";
const DEADLINE_MS = 30_000;

/** The program of IOT_TUNNEL_BIN, else the debug build of this checkout. */
const PROGRAM =
  process.env.IOT_TUNNEL_BIN ?? fileURLToPath(new URL("../../../target/debug/iot-tunnel", import.meta.url));

/** Starts the service; resolves when it says that everything listens. */
export async function startService(...flags) {
  const child = spawn(
    PROGRAM,
    ["serve", "--control", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data", "off", "--store", "memory", "--ready"].concat(
      ["--region", REGION, "--account", ACCOUNT],
      flags,
    ),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, "line", { signal: AbortSignal.timeout(DEADLINE_MS) }).then(([text]) => text),
    exited.then(([code]) => Promise.reject(new Error(`exit code ${code} before the --ready line:\n${log}`))),
  ]).catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    control: JSON.parse(line).control,
    log: () => log,
    /** SIGTERM: the program drains and exits 0, or this throws. */
    async stop() {
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
      const [code, signal] = await exited;
      clearTimeout(patience);
      if (code !== 0) throw new Error(`exit code ${code}, signal ${signal} after SIGTERM:\n${log}`);
    },
  };
}
