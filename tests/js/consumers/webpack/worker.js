import { outcome } from "../bundled.js";

outcome().then(postMessage);
