/** A {@link Link} over a WebSocketStream: the WebSocket of browsers that can be stopped, where an engine has it. */

import { MOVED_CODE, REFUSAL, REFUSAL_CODE } from "../subprotocol.js";
import type { Link, LinkListener } from "./link.js";

/** What engines call `WebSocketStream`. */
export interface WebSocketStreamLike {
  readonly opened: Promise<{
    readonly readable: ReadableStream<unknown>;
    readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
    readonly protocol: string;
  }>;
  readonly closed: Promise<{ readonly closeCode: number; readonly reason: string }>;
  close(info: { closeCode: number }): void;
}

/** Makes a WebSocketStream. */
export interface WebSocketStreamConstructor {
  new (url: string, options: { protocols: string[] }): WebSocketStreamLike;
}

/** What an error of a WebSocketStream stands for: no close frame came. */
const ABNORMAL = { closeCode: 1006, reason: "" };

export class WebSocketStreamLink implements Link {
  readonly canPause = true;
  readonly #socket: WebSocketStreamLike;
  readonly #closed: WebSocketStreamLike["closed"];
  #listener: LinkListener | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  /** Settled unless the reading is stopped. */
  #running: Promise<void> = Promise.resolve();
  #resume: (() => void) | undefined;
  #watching = false;

  constructor(socket: WebSocketStreamLike, listener: LinkListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#closed = socket.closed.catch(() => {
      // Whoever does not read would not hear of it.
      this.#resume?.();
      return ABNORMAL;
    });
    void this.#run();
  }

  async #run(): Promise<void> {
    let protocol: string | undefined;
    try {
      const opened = await this.#socket.opened;
      ({ protocol } = opened);
      this.#writer = opened.writable.getWriter();
      // An error of the writer is one of the whole, and that is reported below.
      this.#writer.closed.catch(() => {});
      // Of one that carries a refusal nothing is told but its end.
      const listener = () => (protocol === REFUSAL ? undefined : this.#listener);
      listener()?.accepted(protocol);
      const reader = opened.readable.getReader();
      for (;;) {
        await this.#running;
        const { done, value } = await reader.read();
        if (done) break;
        if (typeof value === "string") listener()?.text();
        else listener()?.message(value instanceof ArrayBuffer ? new Uint8Array(value) : (value as Uint8Array));
      }
    } catch {
      // So too an error of the reader, or of the opening.
    }
    const { closeCode, reason } = await this.#closed;
    if (protocol === REFUSAL) this.#release()?.refused(closeCode - REFUSAL_CODE, reason, undefined);
    else this.#release()?.closed(closeCode, reason);
  }

  #release(): LinkListener | undefined {
    const listener = this.#listener;
    this.#listener = undefined;
    return listener;
  }

  takes(): boolean {
    return (this.#writer?.desiredSize ?? 0) > 0;
  }

  watch(): void {
    if (this.#watching || this.#writer === undefined) return;
    this.#watching = true;
    this.#writer.ready.then(
      () => {
        this.#watching = false;
        this.#listener?.drained();
      },
      () => {},
    );
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    // It keeps what it is given until it is written.
    this.#writer?.write(frame.slice()).catch(() => {});
  }

  ping(): boolean {
    return false;
  }

  pause(paused: boolean): void {
    if (paused) this.#running = new Promise((resolve) => (this.#resume = resolve));
    else this.#resume?.();
  }

  close(code: number): void {
    this.#release();
    // What waits to be read would hold up the end.
    this.#resume?.();
    this.#socket.close({ closeCode: code === 1000 ? code : code + MOVED_CODE });
  }
}
