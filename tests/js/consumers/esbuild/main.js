import { outcome } from "../bundled.js";

globalThis.outcomes = { page: await outcome() };
