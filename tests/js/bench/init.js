/**
 * A page that loads the package's WebAssembly when told, and how long that takes: from the call until it can be used. Beside it
 * what a page waits for the same browser and server to bring it a single byte.
 */

import { init, parseTunnelId } from "../../../wasm/dist/index.js";

const KINDS = {
  async init() {
    await init("/connection.wasm");
    parseTunnelId("3fa85f64-5717");
  },
  async byte() {
    await (await fetch("/byte")).arrayBuffer();
  },
};

globalThis.measure = async (kind) => {
  const begin = performance.now();
  await KINDS[kind]();
  return performance.now() - begin;
};
