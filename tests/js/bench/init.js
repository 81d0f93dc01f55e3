/** A page that loads the package's WebAssembly when told, and how long that takes: from the call until it can be used. */

import { init, parseTunnelId } from "../../../wasm/dist/index.js";

globalThis.measure = async () => {
  const begin = performance.now();
  await init("/connection.wasm");
  parseTunnelId("3fa85f64-5717");
  return performance.now() - begin;
};
