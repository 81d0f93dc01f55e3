/** The destination's end on a host: streams of a service, connected to its server. */

import type { Socket } from "node:net";

import type { TunnelConnection } from "../connection.js";
import type { TunnelStream } from "../connection/stream.js";
import { MisuseError } from "../errors.js";
import { MAX_TIME, functionIfGiven, object, text, textIfGiven, wholeNumber } from "../values.js";
import { HALF_CLOSE_SILENCE, carry } from "./carry.js";
import type { HalfClose } from "./half-close.js";
import { reach } from "./reach.js";
import { reset } from "./reset.js";

/** What to serve, and where its server is. */
export interface ServeOptions {
  /** A destination's connection. */
  connection: TunnelConnection;
  /** The service; without one, every service that no other call serves. The latest call for a service takes its streams. */
  service?: string | undefined;
  /** The server's port. */
  port: number;
  /** The server's name or address; by default `localhost`, which is tried as 127.0.0.1 and as ::1. */
  host?: string | undefined;
  /**
   * A server that has ended its sending side without an answer may still want to read: longest silence of the source before the
   * connection ends, in milliseconds; 5,000 by default.
   */
  halfCloseSilence?: number | undefined;
  /** Is told why a server could not be reached. The source is told by a reset. */
  onError?: ((error: unknown) => void) | undefined;
}

/** A service that is served. */
export interface Serving {
  /** Serves no more, and resets the connections to the server. Who starts a stream later is told at once, by a reset. */
  close(): Promise<void>;
}

/**
 * Who serves a connection, by service; without one, every other service. One that is served no more stays in there: nobody
 * else would reset its streams.
 */
const servings = new WeakMap<TunnelConnection, Map<string | undefined, ((stream: TunnelStream) => void) | undefined>>();

/**
 * Serves a service: each stream that the source starts is connected to the server. It ends with the connection.
 *
 * - When the source ends a connection, the server gets what came before and then an orderly end; when it was cut, by a rotation or
 *   a drop, a reset.
 * - When the server ends its sending side after an answer, the source is sent the end at once. Where it has sent nothing since it
 *   was given something last, it goes on reading until the source has been silent for `halfCloseSilence`.
 * - A server that refuses or resets its connection ends that of the source, and the protocol does not say why.
 *
 * ```ts
 * const connection = await connect({ region, side: "destination", services: ["SSH"], accessToken });
 * serve({ connection, service: "SSH", port: 22 });
 * ```
 *
 * @throws {@link MisuseError} `UnknownSide` for a source's connection; `RangeError` for a port that cannot be.
 */
export function serve(options: ServeOptions): Serving {
  const { connection, service, host = "localhost", port, onError } = object("options", options);
  const { halfCloseSilence = HALF_CLOSE_SILENCE } = options;
  if (connection.side !== "destination") {
    throw new MisuseError(117, "UnknownSide", "a destination serves, and this is the connection of a source: listen instead");
  }
  wholeNumber("port", port, 1, 65_535);
  text("host", host);
  textIfGiven("service", service);
  functionIfGiven("onError", onError);
  wholeNumber("halfCloseSilence", halfCloseSilence, 0, MAX_TIME);
  const halfClosed = new Set<HalfClose>();
  const sockets = new Set<Socket>();
  const begin = (stream: TunnelStream): void => {
    const socket = reach(host, port, (error) => onError?.(error));
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    void carry(socket, stream, { side: "destination", halfCloseSilence, halfClosed });
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
      for (const socket of sockets) reset(socket);
    },
  };
}
