/** The destination's end on a host: streams of a service, connected to its server. */

import { type Socket, connect } from "node:net";

import type { TunnelConnection } from "../connection.js";
import type { TunnelStream } from "../connection/stream.js";
import { MisuseError } from "../errors.js";
import { carry } from "./carry.js";

/** What to serve, and where its server is. */
export interface ServeOptions {
  /** A destination's connection. */
  connection: TunnelConnection;
  /** The service; without one, every service that no other call serves. */
  service?: string | undefined;
  /** The server's port. */
  port: number;
  /** The server's name or address; `127.0.0.1` by default. */
  host?: string | undefined;
  /** Is told why a server could not be reached. The source is told by a reset. */
  onError?: ((error: unknown) => void) | undefined;
}

/** A service that is served. */
export interface Serving {
  /** Serves no more, and cuts the connections to the server. */
  close(): Promise<void>;
}

/** Longest wait for a server to take a connection, in milliseconds (ours). */
const CONNECT_TIMEOUT = 10_000;

/**
 * Serves a service: each stream that the source starts is connected to the server. It ends with the connection.
 *
 * ```ts
 * const connection = await connect({ region, side: "destination", services: ["SSH"], accessToken });
 * serve({ connection, service: "SSH", port: 22 });
 * ```
 *
 * @throws {@link MisuseError} `UnknownSide` for a source's connection.
 */
export function serve(options: ServeOptions): Serving {
  const { connection, service, host = "127.0.0.1", port, onError } = options;
  if (connection.side !== "destination") {
    throw new MisuseError(117, "UnknownSide", "a destination serves, and this is the connection of a source: listen instead");
  }
  const streams = connection.streams(service);
  const sockets = new Set<Socket>();
  const begin = (stream: TunnelStream): void => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    sockets.add(socket);
    const patience = setTimeout(() => socket.destroy(new Error(`${host}:${port} does not answer`)), CONNECT_TIMEOUT);
    const refused = (error: Error): void => onError?.(error);
    socket.once("error", refused);
    socket.once("connect", () => {
      clearTimeout(patience);
      socket.off("error", refused);
    });
    socket.once("close", () => {
      clearTimeout(patience);
      sockets.delete(socket);
    });
    void carry(socket, stream);
  };
  void (async () => {
    for await (const stream of streams) begin(stream);
  })();
  return {
    async close() {
      await streams.return?.();
      for (const socket of sockets) socket.destroy();
    },
  };
}
