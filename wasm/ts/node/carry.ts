/** Bytes between a socket of Node and a stream of a tunnel. */

import { once } from "node:events";
import type { Socket } from "node:net";

import type { TunnelStream } from "../connection/stream.js";

/** Longest time without progress in which what came before the end is still written, in milliseconds (ours). */
const FLUSH_TIMEOUT = 30_000;
/** Longest time that an application has to end what it sends, once it has been told the end, in milliseconds (ours). */
const DRAIN_TIMEOUT = 5_000;

/**
 * Carries them both ways, as slowly as the slower end wants, until the socket is closed. It must allow half-open connections:
 * what came through the tunnel is written though the application has ended its side.
 */
export async function carry(socket: Socket, stream: TunnelStream): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  // It is told by what follows from it.
  socket.on("error", () => {});
  const isOver = () => socket.setTimeout(FLUSH_TIMEOUT, () => socket.destroy());
  stream.closed.then(isOver, isOver);
  await Promise.all([intoTunnel(socket, stream), outOfTunnel(stream, socket), closed]);
}

async function intoTunnel(socket: Socket, stream: TunnelStream): Promise<void> {
  const writer = stream.writable.getWriter();
  let isOpen = true;
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      // Once the connection in the tunnel is over, what the application still says is thrown away until it ends: a close with
      // bytes unread would destroy what it has not read yet.
      if (isOpen) isOpen = await writer.write(chunk).then(() => true, () => false);
    }
  } catch (error) {
    return stream.reset(error);
  }
  // It cannot if the connection in the tunnel is over: what came before that is still to be read.
  await writer.close().catch(() => {});
}

async function outOfTunnel(stream: TunnelStream, socket: Socket): Promise<void> {
  try {
    for await (const chunk of stream.readable) if (!socket.write(chunk)) await drained(socket);
  } catch {
    // The connection in the tunnel was cut: the application gets what came before, and an orderly end.
  }
  socket.end(() => {
    const patience = setTimeout(() => socket.destroy(), DRAIN_TIMEOUT);
    socket.once("close", () => clearTimeout(patience));
  });
}

async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race([once(socket, "drain", { signal }), once(socket, "close", { signal })]).catch(() => {});
  settled.abort();
}
