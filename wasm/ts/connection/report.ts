/** What a session's calls leave in its memory: see `src/session/report.rs`. */

import { memory } from "../connection-module.js";
import type { Chunk } from "./chunks.js";
import { LENGTH, PAYLOAD } from "./places.js";

/** Reads them. */
export class Report {
  readonly #pointer: number;
  #numbers = new Float64Array();

  constructor(pointer: number) {
    this.#pointer = pointer;
  }

  /** One of the numbers. */
  number(place: number): number {
    // A view ends with the memory that it is of, when that grows.
    if (this.#numbers.length === 0) this.#numbers = new Float64Array(memory().buffer, this.#pointer, LENGTH);
    return this.#numbers[place]!;
  }

  /** The bytes of which the numbers say where they are: a view, good until the next call. */
  bytes(place: number): Uint8Array<ArrayBuffer> {
    const start = this.number(place);
    return memory().subarray(start, start + this.number(place + 1));
  }

  /**
   * The event's payload. Where it is most of `part`, which was written to `pointer`, it stays in there: the copy would cost
   * more than all the rest. There is one such payload in a part at most, so nobody shares the buffer with its reader.
   */
  payload(part?: Uint8Array, pointer = 0): Chunk {
    const length = this.number(PAYLOAD + 1);
    if (part !== undefined && length * 2 > part.length) {
      const byteOffset = this.number(PAYLOAD) - pointer;
      const buffer = part.buffer as ArrayBuffer;
      // Nor does a part of something bigger, such as the buffers of Node.
      const isInside = byteOffset >= 0 && byteOffset + length <= part.length && part.length === buffer.byteLength;
      if (isInside) return { buffer, byteOffset, length };
    }
    const copy = new Uint8Array(length);
    // Quicker than `slice`.
    copy.set(this.bytes(PAYLOAD));
    return copy;
  }
}
