/** The npm package `ws`, the very copy that the package under test takes. */

import { createRequire } from "node:module";

export const ws = createRequire(new URL("../../wasm/dist/node.js", import.meta.url))("ws");

/** `ws` with nothing more than a page has: neither headers nor pings, and nobody can stop it. */
export function pageSocket(origin, cookie) {
  return class {
    #socket;

    constructor(url, protocols) {
      this.#socket = new ws.WebSocket(url, protocols, { origin, headers: cookie ? { cookie } : {} });
    }

    get readyState() {
      return this.#socket.readyState;
    }

    get protocol() {
      return this.#socket.protocol;
    }

    get bufferedAmount() {
      return this.#socket.bufferedAmount;
    }

    set binaryType(type) {
      this.#socket.binaryType = type;
    }

    addEventListener(type, listener) {
      // A page is not told what went wrong.
      this.#socket.addEventListener(type, (event) => listener(type === "error" ? {} : event));
    }

    send(data) {
      this.#socket.send(data.slice());
    }

    close(code = 1000, reason = "") {
      if (code !== 1000 && !(code >= 3000 && code <= 4999)) throw new DOMException(`code ${code}`, "InvalidAccessError");
      this.#socket.close(code, reason);
    }
  };
}
