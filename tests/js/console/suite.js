/**
 * The console in Chromium, against the real service with a real agent behind it:
 *
 *   node --test console/suite.js
 *
 * A tunnel lives a minute at least; what is seen of that minute runs beside everything else.
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

/** Before this the suite hangs. */
const SUITE_MS = 900_000;

describe("the console", { concurrency: 2, timeout: SUITE_MS }, () => {
  const shared = {};
  before(async () => (shared.rig = await Rig.start()));
  after(() => shared.rig?.stop());
  const rig = () => shared.rig;

  expiry(rig);
  describe("meanwhile", { concurrency: 1 }, () => {
    for (const tests of [list, opening, rotating, sides, terminal, refusals, downloads, keyboard, accessibility, restart]) tests(rig);
  });
});
