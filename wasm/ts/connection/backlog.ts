/** What was received and waits for the application. */

import type { Stream } from "./stream.js";

/** With more than this waiting a stream is full, in bytes (ours: one more message then fits 256 KiB). */
const STREAM_FULL = 192 * 1024;

/** Most bytes that wait in all streams together where an option does not say, and the peer can be stopped (ours). */
const RECEIVE_LIMIT = 8 * 1024 * 1024;
/** The same where it cannot be stopped, and who reads more slowly than the peer sends loses the stream (ours). */
const UNSTOPPABLE_LIMIT = 64 * 1024 * 1024;

/** Counts what waits in all streams that came through a WebSocket, ended ones too. */
export class Backlog {
  readonly #given: number | undefined;
  /** Most for all streams together, in bytes. */
  limit = RECEIVE_LIMIT;
  readonly #unread = new Set<Stream>();
  #waiting = 0;
  #full = 0;

  /** `limit` is for all streams together, in bytes; without it the WebSocket's kind decides. */
  constructor(limit: number | undefined) {
    this.#given = limit;
  }

  /** Another WebSocket, whose peer can be stopped or not. */
  begin(canPause: boolean): void {
    this.limit = this.#given ?? (canPause ? RECEIVE_LIMIT : UNSTOPPABLE_LIMIT);
  }

  /** So much more waits, in bytes of memory; less than 0 if the application took some. */
  account(stream: Stream, change: number): void {
    const before = stream.waiting;
    stream.waiting += change;
    this.#waiting += change;
    this.#full += Number(stream.waiting > STREAM_FULL) - Number(before > STREAM_FULL);
    if (stream.waiting > 0) this.#unread.add(stream);
    else this.#unread.delete(stream);
  }

  /** Whether more waits than the limit allows. */
  get isOver(): boolean {
    return this.#waiting > this.limit;
  }

  /** Whether no more should come. */
  get isFull(): boolean {
    return this.#full > 0 || this.isOver;
  }

  /** The streams because of which no more should come: the full ones, or else the one in which most waits. */
  holders(): Stream[] {
    const fullest = [...this.#unread].sort((a, b) => b.waiting - a.waiting);
    return fullest.filter(({ waiting }, at) => waiting > STREAM_FULL || (at === 0 && this.isOver));
  }

  /**
   * Which stream has to go for what has come in one of them: the one in which most waits, if that is more than the limit. If
   * the peer can be stopped, it is not for streams that nobody has taken and perhaps nobody will: those go.
   */
  payer(stream: Stream, canPause: boolean): Stream | undefined {
    if (canPause && !stream.isTaken && stream.waiting > STREAM_FULL) return stream;
    if (!this.isOver) return undefined;
    let payer: Stream | undefined;
    for (const other of this.#unread) {
      if (other.waiting > (payer?.waiting ?? 0) && !(canPause && other.isTaken)) payer = other;
    }
    return payer;
  }

  /** Their WebSocket is gone: what waits holds nobody up any more. */
  letGo(): void {
    for (const stream of this.#unread) stream.letGo();
    this.#unread.clear();
    this.#waiting = this.#full = 0;
  }
}
