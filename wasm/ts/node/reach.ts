/** A TCP connection to a server behind a destination. */

import type { LookupAddress } from "node:dns";
import { type LookupFunction, type Socket, connect } from "node:net";

/** Longest wait for a server to take a connection, in milliseconds (ours). */
const CONNECT_TIMEOUT = 10_000;

/** Both, whatever the file of hosts says: a server may listen at one of them only. */
const LOCALHOST: LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

const localhost: LookupFunction = (_, { all }, found) => (all ? found(null, LOCALHOST) : found(null, "127.0.0.1", 4));

/** Connects. `failed` is told why the server could not be reached; the socket is closed then. */
export function reach(host: string, port: number, failed: (error: Error) => void): Socket {
  const lookup = host === "localhost" ? { lookup: localhost } : {};
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, autoSelectFamily: true, ...lookup });
  const patience = setTimeout(() => socket.destroy(new Error(`${host}:${port} does not answer`)), CONNECT_TIMEOUT);
  const refused = (error: Error): void => failed(named(error));
  socket.once("error", refused);
  socket.once("connect", () => {
    clearTimeout(patience);
    socket.off("error", refused);
  });
  socket.once("close", () => clearTimeout(patience));
  return socket;
}

/** Of several addresses that were tried in vain, Node's error names the reasons only within. */
function named(error: Error): Error {
  if (!(error instanceof AggregateError) || error.message !== "") return error;
  error.message = error.errors.map(({ message }: Error) => message).join("; ");
  return error;
}
