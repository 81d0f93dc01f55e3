import { outcome } from "../bundled.js";

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const inWorker = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
// Vite 6 makes code for engines that have no `await` outside of functions.
void Promise.all([outcome(), inWorker]).then(([page, worker]) => (globalThis.outcomes = { page, worker }));
