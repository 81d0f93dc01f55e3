/** Bytes that wait to be read. */

/** What a chunk costs beside its buffer, about: it counts too, or single bytes would cost more than the limit. */
const COST = 384;
/** Chunks up to this length are handed out together (ours): to read each by itself takes longer than a copy. */
const SMALL = 4096;
/** Bytes that are handed out together, at most (ours: as a payload of the tunnel). */
const TOGETHER = 64_512;

/** Where bytes are in a buffer that nobody else has. To make an array of them takes as long as all else that is done to few. */
interface Place {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly length: number;
}

/** Bytes that nobody else has. */
export type Chunk = Uint8Array<ArrayBuffer> | Place;

/** The chunk as an array. */
export function arrayOf(chunk: Chunk): Uint8Array<ArrayBuffer> {
  return chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}

/** What it costs to keep, in bytes of memory. An array is as long as its buffer, which is better not asked for: short ones have none yet. */
function costOf(chunk: Chunk): number {
  return COST + (chunk instanceof Uint8Array ? chunk.length : chunk.buffer.byteLength);
}

/** Chunks in the order of coming. Where they end and begin says nothing: the protocol carries bytes. */
export class Chunks {
  /** Those before the first that waits are gone. */
  #chunks: (Chunk | undefined)[] = [];
  #first = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Keeps a chunk, and says what that costs. */
  add(chunk: Chunk): number {
    this.#chunks.push(chunk);
    return costOf(chunk);
  }

  /** Hands out the first, or several small ones as one, and what they cost. */
  take(): { bytes: Uint8Array<ArrayBuffer>; cost: number } | undefined {
    const { chunks, length } = this.#together();
    if (chunks[0] === undefined) return undefined;
    const bytes = chunks.length > 1 ? joined(chunks, length) : arrayOf(chunks[0]);
    this.#leave(chunks.length);
    return { bytes, cost: chunks.reduce((cost, chunk) => cost + costOf(chunk), 0) };
  }

  /** Those that are handed out next, and how long they are. */
  #together(): { chunks: Chunk[]; length: number } {
    const chunks: Chunk[] = [];
    let length = 0;
    for (let at = this.#first; at < this.#chunks.length; at += 1) {
      const chunk = this.#chunks[at]!;
      if (chunks.length > 0 && (chunk.length > SMALL || length + chunk.length > TOGETHER)) break;
      chunks.push(chunk);
      length += chunk.length;
      if (chunk.length > SMALL) break;
    }
    return { chunks, length };
  }

  /** Lets go of the first. Of what the list has room for, at least half waits: to move it up each time would take too long. */
  #leave(count: number): void {
    this.#chunks.fill(undefined, this.#first, this.#first + count);
    this.#first += count;
    if (2 * this.#first < this.#chunks.length) return;
    this.#chunks.splice(0, this.#first);
    this.#first = 0;
  }

  /** Forgets them all. */
  clear(): void {
    this.#chunks = [];
    this.#first = 0;
  }
}

function joined(chunks: Chunk[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(arrayOf(chunk), at);
    at += chunk.length;
  }
  return all;
}
