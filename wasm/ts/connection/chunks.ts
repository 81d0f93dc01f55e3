/** Bytes that wait to be read. */

/** What a chunk costs beside its bytes, about: it counts too, or single bytes would cost more than the limit. */
const COST = 128;
/** Chunks up to this length are handed out together (ours): to read each by itself takes longer than a copy. */
const SMALL = 4096;
/** Bytes that are handed out together, at most (ours: as a payload of the tunnel). */
const TOGETHER = 64_512;

/** Bytes in a buffer that nobody else has. No view of them yet: to make one takes as long as all else that is done to them. */
export interface Chunk {
  readonly buffer: ArrayBuffer;
  readonly start: number;
  readonly length: number;
}

/** A view of the chunk. */
export function view({ buffer, start, length }: Chunk): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, start, length);
}

/** Chunks in the order of coming. Where they end and begin says nothing: the protocol carries bytes. */
export class Chunks {
  #chunks: Chunk[] = [];
  /** The place of the first that waits. */
  #first = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Keeps a chunk, and says what that costs. */
  add(chunk: Chunk): number {
    this.#chunks.push(chunk);
    return chunk.length + COST;
  }

  /** Hands out the first, or several small ones as one, and what they cost. */
  take(): { bytes: Uint8Array<ArrayBuffer>; cost: number } | undefined {
    const { end, length } = this.#together();
    const chunks = this.#chunks.slice(this.#first, end);
    if (chunks[0] === undefined) return undefined;
    const bytes = chunks.length > 1 ? joined(chunks, length) : view(chunks[0]);
    this.#first = end;
    if (end === this.#chunks.length) this.clear();
    return { bytes, cost: length + chunks.length * COST };
  }

  /** Where those end that are handed out together, and how long they are. */
  #together(): { end: number; length: number } {
    let [end, length] = [this.#first, 0];
    for (const count = this.#chunks.length; end < count; end += 1) {
      const next = this.#chunks[end]!.length;
      if (end > this.#first && (next > SMALL || length + next > TOGETHER)) break;
      length += next;
      if (next > SMALL) return { end: end + 1, length };
    }
    return { end, length };
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
    all.set(view(chunk), at);
    at += chunk.length;
  }
  return all;
}
