/** One connection in the tunnel, as a pair of web streams. */

import type { BufferSource } from "../engine-types.js";
import { type TunnelError, tunnelError } from "../errors.js";
import { bytes } from "../values.js";
import { type Chunk, Chunks, arrayOf } from "./chunks.js";
import { connectionEnded } from "./fault.js";

/**
 * One connection in the tunnel: what a TCP connection to the service carries.
 *
 * The protocol has no half-closed connection. Closing `writable` sends what was written and ends both directions; to go on
 * reading, leave it open: `source.pipeTo(stream.writable, { preventClose: true })`. Cancelling `readable` ends both too.
 * Nor does the protocol tell an end from an abort of the peer; what runs in the tunnel must know its own lengths.
 */
export interface TunnelStream {
  /** The name of its service, if the tunnel has names. */
  readonly service: string | undefined;
  /**
   * The peer's bytes; those that wait come in few long chunks, not in many short ones. It ends when the peer ends the
   * connection, and fails when that is cut, each after the bytes that came before. A stream that is not read fails when it holds
   * up others for too long (`stallLimit`) or keeps too much (`receiveLimit`): read it, or cancel it.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Bytes for the peer. A write is done when the WebSocket has taken them, so it is as slow as the tunnel is. Fails when the
   * connection is over, also if the peer ended it in order.
   */
  readonly writable: WritableStream<BufferSource>;
  /** Settled when the connection is over: it rejects with why if that was cut: a {@link TunnelError}, or a signal's reason. */
  readonly closed: Promise<void>;
  /** Ends the connection at once. Bytes that wait to be read are dropped; whoever reads or writes gets `reason`. */
  reset(reason?: unknown): void;
}

/** What a stream asks of its tunnel. */
export interface StreamOwner {
  /** Sends bytes, and resolves when the socket has taken them. */
  write(stream: Stream, bytes: Uint8Array): Promise<void>;
  /** The application ends the connection. */
  ended(stream: Stream): void;
  /** So many more bytes wait for the application; less than 0 if it took some. */
  account(stream: Stream, change: number): void;
}

/** The tunnel's side of a {@link TunnelStream}. */
export class Stream implements TunnelStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<BufferSource>;
  readonly closed: Promise<void>;
  /** Bytes that wait for the application. */
  waiting = 0;
  /** When its reader took something last while it held up the tunnel. */
  takenAt = -Infinity;
  /** Whether the application has it. */
  isTaken = false;
  /** Why nothing more can be written. */
  over: unknown;
  /** Nothing once the tunnel has let go of it. */
  #owner: StreamOwner | undefined;
  readonly #chunks = new Chunks();
  #reader!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #writer!: WritableStreamDefaultController;
  /** Whether somebody waits for a chunk. */
  #wanted = false;
  /** Ends the reading, once the chunks are gone. */
  #end: (() => void) | undefined;
  #settle!: { resolve(): void; reject(error: unknown): void };

  /** `connection` is the session's name for it. */
  constructor(
    owner: StreamOwner,
    readonly connection: number,
    readonly service: string | undefined,
  ) {
    this.#owner = owner;
    this.closed = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Whoever does not ask is not told.
    this.closed.catch(() => {});
    this.readable = new ReadableStream(
      {
        start: (controller) => void (this.#reader = controller),
        pull: () => this.#pull(),
        cancel: (reason: unknown) => this.reset(reason),
      },
      // What waits is counted here, for all streams together.
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream({
      start: (controller) => {
        this.#writer = controller;
        // A write that waits would hold up the end. Not at once: Node does not expect to be called in the middle of that.
        controller.signal.addEventListener("abort", () => queueMicrotask(() => this.reset(controller.signal.reason)));
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#finish(),
    });
  }

  async #write(chunk: BufferSource): Promise<void> {
    try {
      await this.#owner?.write(this, bytes("what is written to a tunnel", chunk));
    } catch (error) {
      // After that the stream cannot be written to, and the peer should not wait for more.
      if (this.over === undefined) this.reset(error);
      throw error;
    }
  }

  /** The peer's bytes. */
  push(chunk: Chunk): void {
    if (this.#wanted) {
      this.#wanted = false;
      this.#reader.enqueue(arrayOf(chunk));
      return;
    }
    this.#owner?.account(this, this.#chunks.add(chunk));
  }

  #pull(): void {
    const next = this.#chunks.take();
    if (next === undefined) {
      this.#wanted = true;
      return;
    }
    this.#reader.enqueue(next.bytes);
    this.#owner?.account(this, -next.cost);
    this.#endReading();
  }

  #endReading(): void {
    if (this.#chunks.isEmpty) this.#end?.();
  }

  /** The peer has ended it, or (`cut`) it was cut. Bytes that wait can still be read. */
  end(cut?: unknown): void {
    if (this.over !== undefined) return;
    if (cut === undefined) {
      this.#close(tunnelError(connectionEnded), () => this.#reader.close());
      this.#settle.resolve();
    } else {
      this.#close(cut, () => this.#reader.error(cut));
      this.#settle.reject(cut);
    }
  }

  /** The WebSocket that it came through is gone: what waits holds nobody up any more. */
  letGo(): void {
    this.#owner = undefined;
  }

  /** Drops what waits and fails with that error; what has ended in order too, if bytes of it wait. */
  fail(error: TunnelError): void {
    if (this.over === undefined) this.#owner?.ended(this);
    this.#drop(error);
    this.end(error);
  }

  /** The application has written everything. */
  #finish(): void {
    if (this.over !== undefined) return;
    this.#owner?.ended(this);
    this.over = tunnelError(connectionEnded);
    this.#end = () => this.#reader.close();
    this.#endReading();
    this.#settle.resolve();
  }

  /** The application wants no more of it. */
  reset(reason?: unknown): void {
    this.#drop(reason);
    if (this.over !== undefined) return;
    const error = reason ?? tunnelError(connectionEnded);
    this.#owner?.ended(this);
    this.#close(error, () => this.#reader.error(error));
    this.#settle.resolve();
  }

  #close(over: unknown, end: () => void): void {
    this.over = over;
    this.#writer.error(over);
    this.#end = end;
    this.#endReading();
  }

  /** Drops what waits to be read; reading what has ended before fails then. */
  #drop(reason: unknown): void {
    if (this.#chunks.isEmpty) return;
    this.#chunks.clear();
    this.#owner?.account(this, -this.waiting);
    if (this.over !== undefined) this.#reader.error(reason ?? tunnelError(connectionEnded));
  }
}
