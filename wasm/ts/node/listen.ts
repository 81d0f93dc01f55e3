/** The source's end on a host: a local port for a service. */

import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";

import type { TunnelConnection } from "../connection.js";
import type { TunnelStream } from "../connection/stream.js";
import * as FAULT from "../connection/fault.js";
import { TunnelError, tunnelError } from "../errors.js";
import { MAX_TIME, functionIfGiven, object, text, textIfGiven, wholeNumber } from "../values.js";
import { HALF_CLOSE_SILENCE, carry } from "./carry.js";
import { type HalfClose, makeRoom } from "./half-close.js";
import { reset } from "./reset.js";

/** Where to listen, and for what. */
export interface ListenOptions {
  /** A source's connection. */
  connection: TunnelConnection;
  /** The service; it may be left out if the connection has one. */
  service?: string | undefined;
  /** The local port; 0 for a free one. */
  port: number;
  /** The local address; `127.0.0.1` by default. */
  host?: string | undefined;
  /**
   * An application that has ended its sending side may wait for an answer: longest silence of the other side before the
   * connection ends, in milliseconds; 5,000 by default.
   */
  halfCloseSilence?: number | undefined;
  /** Is told why a local connection was closed at once, such as `ConnectionTableFull`, and what is wrong with the port. */
  onError?: ((error: unknown) => void) | undefined;
}

/** A local port. */
export interface Listening {
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Listens no more, and resets the local connections. */
  close(): Promise<void>;
}

/** Local connections at a time (ours: as many as a service has). */
const MAX_CONNECTIONS = 256;
/** The number of `ConnectionTableFull`. */
const TABLE_FULL = 440;
/** Numbers of the errors after which a half-closed connection makes way: `ConnectionTableFull` and `OneConnectionOnly`. */
const NO_ROOM = [TABLE_FULL, 441];
/** Bytes of an application that wait for its connection in the tunnel; then it is not read further (ours). */
const MAX_EARLY = 16 * 1024;

/**
 * Listens on a local port: whoever connects is connected to the service at the tunnel's other end. While this connection is not
 * open he waits; one who ends his side meanwhile is let go by a reset, for nothing of his was sent. The port is closed with
 * the connection.
 *
 * - Who connects while the destination is away gets a reset at once. Where the destination cannot reach its server it is an
 *   orderly end without a byte: the protocol does not say why a connection has ended.
 * - When an application ends its sending side, what it sent before is sent, and it gets what still comes. The protocol cannot
 *   tell the other side of such an end, which therefore comes as the end of both directions: after `halfCloseSilence` without a
 *   byte from there, or at once when another connection needs the place.
 * - When the peer ends a connection, the application gets what came before and then an orderly end. When the connection was cut, by
 *   a rotation, a drop, the end of this connection or a stall, it gets a reset, so that it does not take a part for the whole.
 *
 * ```ts
 * const connection = await connect({ region: "eu-west-1", side: "source", services: ["SSH"], accessToken });
 * const { port } = await listen({ connection, service: "SSH", port: 5555 });
 * ```
 *
 * @throws {@link MisuseError} `NotSource`, `SessionClosed`; `RangeError` for a port that cannot be; Node's error if it cannot be had.
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { connection, service, host = "127.0.0.1", port, onError } = object("options", options);
  const { halfCloseSilence = HALF_CLOSE_SILENCE } = options;
  if (connection.side !== "source") throw tunnelError(FAULT.notSource);
  if (isClosed(connection)) throw tunnelError(FAULT.sessionClosed);
  // Node would take a port that is not given for a free one, and a host that is none for every address.
  wholeNumber("port", port, 0, 65_535);
  text("host", host);
  textIfGiven("service", service);
  functionIfGiven("onError", onError);
  wholeNumber("halfCloseSilence", halfCloseSilence, 0, MAX_TIME);
  const sockets = new Set<Socket>();
  const halfClosed = new Set<HalfClose>();
  const open = async (signal: AbortSignal): Promise<TunnelStream> => {
    for (;;) {
      try {
        return await connection.open(service, { signal });
      } catch (error) {
        const hasNoRoom = error instanceof TunnelError && NO_ROOM.includes(error.number);
        if (!hasNoRoom || !(await makeRoom(halfClosed))) throw error;
      }
    }
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    const gone = new AbortController();
    socket.once("close", () => {
      sockets.delete(socket);
      gone.abort();
    });
    socket.on("error", () => gone.abort());
    const refuse = (error: unknown): void => {
      reset(socket);
      if (!gone.signal.aborted) onError?.(error);
    };
    if (sockets.size - halfClosed.size > MAX_CONNECTIONS) return refuse(tunnelError(TABLE_FULL));
    const release = hold(socket);
    open(gone.signal).then((stream) => {
      if (socket.destroyed) return stream.reset();
      release();
      return carry(socket, stream, { side: "source", halfCloseSilence, halfClosed });
    }, refuse);
  });
  server.listen({ host, port });
  await once(server, "listening");
  server.on("error", (error) => onError?.(error));
  if (isClosed(connection)) {
    server.close();
    throw tunnelError(FAULT.sessionClosed);
  }
  const close = () => {
    if (isClosed(connection)) server.close();
  };
  connection.addEventListener("statechange", close);
  const { address, port: bound } = server.address() as AddressInfo;
  return {
    host: address,
    port: bound,
    async close() {
      connection.removeEventListener("statechange", close);
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) reset(socket);
      await closed;
    },
  };
}

function isClosed(connection: TunnelConnection): boolean {
  return connection.state === "closed";
}

/** Reads an application that waits, or its end would not be seen. What it gives puts back what was read. */
function hold(socket: Socket): () => void {
  const early: Buffer[] = [];
  let length = 0;
  const keep = (chunk: Buffer) => {
    early.push(chunk);
    length += chunk.length;
    if (length >= MAX_EARLY) socket.pause();
  };
  const gone = () => reset(socket);
  socket.on("data", keep).on("end", gone);
  return () => {
    socket.pause().off("data", keep).off("end", gone);
    if (length > 0) socket.unshift(Buffer.concat(early));
  };
}
