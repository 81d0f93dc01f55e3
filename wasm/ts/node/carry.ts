/** Bytes between a socket of Node and a stream of a tunnel. */

import { once } from "node:events";
import type { Socket } from "node:net";

import type { TunnelStream } from "../connection/stream.js";
import type { Side } from "../rules.js";
import { HalfClose } from "./half-close.js";
import { reset } from "./reset.js";

/** Longest silence of the other side before a half-closed connection ends unless an option says otherwise, in milliseconds (ours). */
export const HALF_CLOSE_SILENCE = 5_000;
/** Longest time without progress in which what came before the end is still written, in milliseconds (ours). */
const FLUSH_TIMEOUT = 30_000;
/** Longest time that an application has to end what it sends, once it was sent the end, in milliseconds (ours). */
const DRAIN_TIMEOUT = 5_000;

/** How a connection is carried. */
export interface Carrying {
  /** The side of the tunnel at which the socket is. */
  side: Side;
  /** In milliseconds. */
  halfCloseSilence: number;
  /** The connections that wait half-closed. */
  halfClosed: Set<HalfClose>;
}

/**
 * Carries them both ways, as slowly as the slower end wants, until the socket is closed. It must allow half-open connections.
 *
 * The socket gets a FIN where the peer has ended the connection on a living tunnel, after all that came before; and a reset where
 * the connection was cut, so that the application does not take a part for the whole.
 */
export async function carry(socket: Socket, stream: TunnelStream, { side, halfCloseSilence, halfClosed }: Carrying): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let failure: Error | undefined;
  socket.on("error", (error) => (failure = error));
  const cut = (): void => reset(socket);
  const half = new HalfClose(halfCloseSilence, halfClosed);
  half.ended = stream.closed.then(
    () => void socket.setTimeout(FLUSH_TIMEOUT, cut),
    cut,
  ).finally(() => half.end());
  // A write that fails ends both directions, also where the application has ended its own before.
  void closed.then(() => stream.reset(failure));
  /** Whether the application has sent something since it was given something last. */
  let hasAnswered = false;

  async function intoTunnel(): Promise<void> {
    const writer = stream.writable.getWriter();
    let isOpen = true;
    try {
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        hasAnswered = true;
        // Once the connection in the tunnel is over, what the application still sends is thrown away until it ends: a close with
        // bytes unread would destroy what it has not read yet.
        if (isOpen) isOpen = await writer.write(chunk).then(() => true, () => false);
      }
    } catch (error) {
      return stream.reset(error);
    }
    if (!isOpen) return;
    // A server that has answered and ends is done. One that ends without an answer, and a client, may still want to read.
    if (side === "source" || !hasAnswered) await half.wait();
    // It cannot if the connection in the tunnel is over: what came before that is still to be read.
    await writer.close().catch(() => {});
  }

  async function outOfTunnel(): Promise<void> {
    try {
      for await (const chunk of stream.readable) {
        half.heard();
        hasAnswered = false;
        if (socket.write(chunk)) continue;
        half.hold();
        await drained(socket);
        half.heard();
      }
    } catch {
      return cut();
    }
    socket.end(() => {
      const patience = setTimeout(cut, DRAIN_TIMEOUT);
      socket.once("close", () => clearTimeout(patience));
    });
  }

  await Promise.all([intoTunnel(), outOfTunnel(), closed]);
}

async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race([once(socket, "drain", { signal }), once(socket, "close", { signal })]).catch(() => {});
  settled.abort();
}
