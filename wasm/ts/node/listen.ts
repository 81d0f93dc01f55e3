/** The source's end on a host: a local port for a service. */

import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";

import type { TunnelConnection } from "../connection.js";
import * as FAULT from "../connection/fault.js";
import { tunnelError } from "../errors.js";
import { carry } from "./carry.js";

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
  /** Is told why a local connection was closed at once, such as `ConnectionTableFull`. */
  onError?: ((error: unknown) => void) | undefined;
}

/** A local port. */
export interface Listening {
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Listens no more, and cuts the local connections. */
  close(): Promise<void>;
}

/** Local connections at a time (ours: as many as a service has). */
const MAX_CONNECTIONS = 256;

/**
 * Listens on a local port: whoever connects is connected to the service at the tunnel's other end. While the tunnel is not
 * open he waits. The port is closed with the connection.
 *
 * - When an application ends its side, what it sent before is sent, and both directions end: the protocol has no half-closed
 *   connection.
 * - When a connection ends in the tunnel, the application gets what came before and then an orderly end.
 *
 * ```ts
 * const connection = await connect({ region: "eu-west-1", side: "source", services: ["SSH"], accessToken });
 * const { port } = await listen({ connection, service: "SSH", port: 5555 });
 * ```
 *
 * @throws {@link MisuseError} `NotSource`, `SessionClosed`; Node's error if the port cannot be had.
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { connection, service, host = "127.0.0.1", port, onError } = options;
  if (connection.side !== "source") throw tunnelError(FAULT.notSource);
  if (connection.state === "closed") throw tunnelError(FAULT.sessionClosed);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    const gone = new AbortController();
    socket.once("close", () => {
      sockets.delete(socket);
      gone.abort();
    });
    socket.on("error", () => gone.abort());
    connection.open(service, { signal: gone.signal }).then(
      (stream) => carry(socket, stream),
      (error: unknown) => {
        socket.destroy();
        if (!gone.signal.aborted) onError?.(error);
      },
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen({ host, port });
  await once(server, "listening");
  const close = () => {
    if (connection.state === "closed") server.close();
  };
  connection.addEventListener("statechange", close);
  const { address, port: bound } = server.address() as AddressInfo;
  return {
    host: address,
    port: bound,
    async close() {
      connection.removeEventListener("statechange", close);
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
