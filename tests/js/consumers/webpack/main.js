import { outcome } from "../bundled.js";

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const inWorker = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
globalThis.outcomes = { page: await outcome(), worker: await inWorker };
