/** The end of a tunnel's lifetime. A minute is the shortest there is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot } from "./browser.js";

const MINUTE_MS = 60_000;

export function expiry(rig) {
  test("the time a tunnel has left runs out by itself, and the page says what that means", () =>
    rig().visit(async (page) => {
      const { tunnelId } = await rig().site.open(["ECHO"], { minutes: 1 });
      await page.show(tunnelId);
      await page.connect();
      await page.screenSays("ECHO is open");
      const bar = page.tab.getByRole("main").getByRole("meter", { name: "Time left" });
      const left = () => bar.evaluate((meter) => meter.value / meter.max);
      const atFirst = await left();
      await page.tab.getByRole("main").getByText(/^\d+ s left$/).waitFor();
      await page.tab.getByRole("main").getByText(/^[1-9] s left$/).waitFor({ timeout: 2 * MINUTE_MS });
      assert.ok((await left()) < atFirst && (await left()) < 0.2, "the bar is shorter");
      await page.sideSays("Source", /^Closed/);
      await page.timeline.filter({ hasText: "Expired: its lifetime is over" }).waitFor();
      await page.screenSays("lifetime is over");
      await page.screenSays("ECHO closed");
      await page.linkSays("Not connected");
      await screenshot(page.tab, "expired");
    }));
}
