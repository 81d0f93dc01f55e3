import { outcome } from "../bundled.js";

// A script that is no module has no `await` outside of functions.
void outcome().then((page) => (globalThis.outcomes = { page }));
