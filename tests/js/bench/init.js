/**
 * A page that loads the package's WebAssembly when told, and how long that takes: from the call until it can be used. Beside it
 * the same with a file that is fetched, and what a page waits for the same browser and server to bring it a single byte.
 */

import { init, initFrom, parseTunnelId } from "../../../wasm/dist/index.js";

const KINDS = {
  async init() {
    await init();
    parseTunnelId("3fa85f64-5717");
  },
  async initFrom() {
    await initFrom("/connection.wasm");
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
