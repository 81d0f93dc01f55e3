/** As much of HTTP as one download needs. */

import type { TunnelStream } from "iot-tunnel";

/** Longest body that is kept in the page's memory, in MiB. */
const MAX_MIB = 256;
const MAX_BODY = MAX_MIB * 1024 * 1024;
/** Longest head of an answer, in bytes. */
const MAX_HEAD = 64 * 1024;

/** How far a download is. */
export interface Progress {
  readonly received: number;
  /** The whole, if the server said. */
  readonly length: number | undefined;
}

/**
 * Asks a server for a path and reads what it answers. It speaks HTTP/1.0, so that the answer comes in one piece.
 *
 * @throws `Error` with what is wrong with the answer.
 */
export async function get(
  stream: Pick<TunnelStream, "readable" | "writable">,
  path: string,
  progress: (progress: Progress) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = stream.writable.getWriter();
  await writer.write(new TextEncoder().encode(`GET ${encodeURI(path)} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
  const reader = stream.readable.getReader();
  const chunks: Uint8Array[] = [];
  let head: Head | undefined;
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    received += value.length;
    if (head === undefined) {
      const start = join(chunks, received);
      head = readHead(start);
      if (head === undefined) {
        if (received > MAX_HEAD) throw new Error("the answer does not begin as HTTP does");
        continue;
      }
      chunks.splice(0, chunks.length, start.subarray(head.size));
      received -= head.size;
    }
    // A length that the server has announced is refused before the body comes.
    if (Math.max(received, head.length ?? 0) > MAX_BODY) throw new Error(`the file is longer than the ${MAX_MIB} MiB that this page keeps`);
    progress({ received, length: head.length });
    if (received === head.length) break;
  }
  if (head === undefined) throw new Error("the service ended before it answered");
  if (head.length !== undefined && received < head.length) {
    throw new Error(`the connection ended after ${received} of ${head.length} bytes`);
  }
  return join(chunks, head.length ?? received);
}

interface Head {
  /** Its bytes, with the empty line. */
  readonly size: number;
  readonly length: number | undefined;
}

/** Reads the answer's head; nothing as long as it is not whole. */
function readHead(bytes: Uint8Array): Head | undefined {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_HEAD));
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...fields] = text.slice(0, end).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first);
  if (status === null) throw new Error("the answer does not begin as HTTP does");
  if (status[1] !== "200") throw new Error(`the server answered ${status[1]} ${status[2]}`);
  const length = fields.map((field) => /^content-length:\s*(\d+)\s*$/i.exec(field)?.[1]).find((found) => found !== undefined);
  return { size: end + 4, length: length === undefined ? undefined : Number(length) };
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk.subarray(0, length - at), at);
    at += Math.min(chunk.length, length - at);
  }
  return whole;
}
