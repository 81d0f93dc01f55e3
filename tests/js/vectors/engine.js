/** Every vector file against the built package, in whichever engine this runs: Node, a page, a worker. */

import * as tunnel from "../../../wasm/dist/index.js";
import * as local from "../../../wasm/dist/local.js";
import { ids } from "./ids.js";
import { messages } from "./messages.js";
import { notifications } from "./notifications.js";
import { Records } from "./records.js";
import { rotateRequests } from "./rotate-requests.js";
import { scenarios } from "./scenarios.js";

const RUNNERS = {
  "ids.json": (cases) => ids(cases, tunnel),
  "rotate_requests.json": (cases) => rotateRequests(cases, tunnel),
  "notifications.json": (cases) => notifications(cases, tunnel),
  "messages.json": (cases) => messages(cases, local),
  "scenarios.json": (cases) => scenarios(cases, "LocalTunnel", () => new Records(local)),
};

/** The files there are. */
export const FILES = Object.keys(RUNNERS);

/**
 * Runs every case of a file.
 * @param {string} file its name @param {object} cases its content
 * @returns {Promise<import("./check.js").Outcome[]>}
 */
export async function outcomes(file, cases) {
  await Promise.all([tunnel.init(), local.init()]);
  return RUNNERS[file](cases);
}
