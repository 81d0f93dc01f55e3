/**
 * The console in Chromium, against the real service with a real agent behind it:
 *
 *   node --test console/suite.js
 *
 * A tunnel lives a minute at least; what is seen of that minute runs beside everything else, which has two halves that
 * run beside each other. All of what copies is in one: a browser has one clipboard.
 */

import { after, before, describe } from "node:test";
import { accessibility } from "./accessibility.js";
import { downloads } from "./downloads.js";
import { expiry } from "./expiry.js";
import { keyboard } from "./keyboard.js";
import { list } from "./list.js";
import { opening } from "./opening.js";
import { refusals } from "./refusals.js";
import { restart } from "./restart.js";
import { Rig } from "./rig.js";
import { rotating } from "./rotating.js";
import { sides } from "./sides.js";
import { terminal } from "./terminal.js";

/** After this the suite hangs. The run's own limit, in package.json, is later: it would not name what hangs. */
const SUITE_MS = 900_000;

describe("the console", { concurrency: 3, timeout: SUITE_MS }, () => {
  const shared = {};
  before(async () => (shared.rig = await Rig.start()));
  after(() => shared.rig?.stop());
  const rig = () => shared.rig;

  expiry(rig);
  for (const [half, all] of Object.entries({
    "tunnels and their tokens": [list, opening, rotating, sides, refusals, keyboard, restart],
    "what goes through them, and whoever looks": [terminal, downloads, accessibility],
  })) {
    describe(half, { concurrency: 1 }, () => all.forEach((tests) => tests(rig)));
  }
});
