/**
 * What the runners of the vectors share. A runner takes the content of a vector file and the package, and gives an outcome
 * for each list of cases; it knows neither Node nor a browser, so that every engine runs the same.
 *
 * @typedef {{ what: string, cases: number, failures: string[] }} Outcome
 */

/**
 * Runs every case.
 * @param {string} what @param {object[]} cases @param {(one: any) => void} check throws what is wrong with a case
 * @returns {Outcome}
 */
export function run(what, cases, check) {
  const failures = cases.flatMap((one, n) => {
    try {
      check(one);
      return [];
    } catch (error) {
      return [`case ${n}: ${one.why ?? one.name ?? ""}: ${error.message}`];
    }
  });
  return { what, cases: cases.length, failures };
}

/** Compares by structure; what is undefined is absent. */
export function same(what, found, expected) {
  const [a, b] = [found, expected].map((value) => JSON.stringify(sorted(value)));
  if (a !== b) throw new Error(`${what}: got ${a}, expected ${b}`);
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort().map(([name, member]) => [name, sorted(member)]));
}

/** The error that a call throws. */
export function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** The bytes of a text in base64. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The bytes of a text in hexadecimal. */
export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

/** Bytes in hexadecimal. */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
