/** What was received and waits for the application. */

import type { Stream } from "./stream.js";

/** With more than this waiting a stream is full, in bytes (ours: one more message then fits 256 KiB). */
const STREAM_FULL = 192 * 1024;

/** Counts what waits in all streams that came through a WebSocket, ended ones too. */
export class Backlog {
  readonly #limit: number;
  readonly #unread = new Set<Stream>();
  #waiting = 0;
  #full = 0;

  /** `limit` is for all streams together, in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** So many more bytes wait; less than 0 if the application took some. */
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
    return this.#waiting > this.#limit;
  }

  /** Whether no more should come. */
  get isFull(): boolean {
    return this.#full > 0 || this.isOver;
  }

  /** The stream in which most waits. */
  get longest(): Stream | undefined {
    let longest: Stream | undefined;
    for (const stream of this.#unread) if (stream.waiting > (longest?.waiting ?? 0)) longest = stream;
    return longest;
  }

  /** Their WebSocket is gone: what waits holds nobody up any more. */
  letGo(): void {
    for (const stream of this.#unread) stream.letGo();
    this.#unread.clear();
    this.#waiting = this.#full = 0;
  }
}
