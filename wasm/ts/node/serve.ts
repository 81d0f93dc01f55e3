/** The destination's end on a host: streams of a service, connected to its server. */

import { type Socket, connect } from "node:net";

import type { TunnelConnection } from "../connection.js";
import type { TunnelStream } from "../connection/stream.js";
import { MisuseError } from "../errors.js";
import { functionIfGiven, object, text, textIfGiven, wholeNumber } from "../values.js";
import { carry } from "./carry.js";

/** What to serve, and where its server is. */
export interface ServeOptions {
  /** A destination's connection. */
  connection: TunnelConnection;
  /** The service; without one, every service that no other call serves. The latest call for a service takes its streams. */
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
  /** Serves no more, and cuts the connections to the server. Who starts a stream later is told at once, by a reset. */
  close(): Promise<void>;
}

/**
 * Who serves a connection, by service; without one, every other service. One that is served no more stays in there: nobody
 * else would reset its streams.
 */
const servings = new WeakMap<TunnelConnection, Map<string | undefined, ((stream: TunnelStream) => void) | undefined>>();

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
 * @throws {@link MisuseError} `UnknownSide` for a source's connection; `RangeError` for a port that cannot be.
 */
export function serve(options: ServeOptions): Serving {
  const { connection, service, host = "127.0.0.1", port, onError } = object("options", options);
  if (connection.side !== "destination") {
    throw new MisuseError(117, "UnknownSide", "a destination serves, and this is the connection of a source: listen instead");
  }
  wholeNumber("port", port, 1, 65_535);
  text("host", host);
  textIfGiven("service", service);
  functionIfGiven("onError", onError);
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
  const at = servings.get(connection) ?? new Map<string | undefined, typeof begin | undefined>();
  servings.set(connection, at);
  const isFirst = !at.has(service);
  at.set(service, begin);
  const take = async () => {
    for await (const stream of connection.streams(service)) {
      const serve = at.get(stream.service) ?? at.get(undefined);
      if (serve === undefined) stream.reset();
      else serve(stream);
    }
  };
  if (isFirst) void take();
  return {
    async close() {
      if (at.get(service) === begin) at.set(service, undefined);
      for (const socket of sockets) socket.destroy();
    },
  };
}
