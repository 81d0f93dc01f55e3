/** The list: empty, long, and beside that of another service. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { screenshot } from "./browser.js";
import { Site } from "./rig.js";

/** How many the page asks for at a time, and more than that. */
const [PAGE, MANY] = [25, 40];

/** What the service's longest names look like. */
const LONG = "A pump with a description as long as one can be, in the cellar of the last house at the end of the road, behind the gate, no. 1234";

export function list(rig) {
  describe("the list", () => {
    let site;
    before(async () => (site = await Site.start()));
    after(() => site?.stop());

    test("is opened by the link, whose key stays out of the address", () =>
      rig().visit(async (page) => {
        assert.ok(site.link.includes("key="));
        assert.equal(page.tab.url(), site.link.split("?")[0]);
        assert.deepEqual(await page.tab.evaluate(() => [document.cookie, document.referrer]), ["", ""]);
      }, { site }));

    test("says how a tunnel comes into it as long as there is none", () =>
      rig().visit(async (page) => {
        await page.list.getByText("There is no tunnel yet.").waitFor();
        await page.tab.getByRole("main").getByText("Open a tunnel here. One that an AWS client opens").waitFor();
        assert.ok(!(await page.list.getByRole("searchbox").isVisible()));
        await screenshot(page.tab, "empty");
      }, { site }));

    test("of many tunnels shows the newest, then all, and finds one by each of its names", async () => {
      for (let number = 0; number < MANY; number += 1) {
        await site.call("OpenTunnel", {
          description: number === 0 ? LONG.slice(0, 128) : `Pump no. ${number}`,
          destinationConfig: { thingName: `thing-${number}`, services: [`SERVICE-${number}`] },
        });
      }
      const { tunnelId } = await site.call("OpenTunnel", {});
      // From a service that has started again nobody hears of openings: what is shown then was listed.
      await site.service.stop();
      site.service = await site.place.serve();
      const looks = { wide: { width: 1280, height: 900 }, narrow: { width: 360, height: 740 } };
      for (const [look, viewport] of Object.entries(looks)) {
        await rig().visit(async (page) => {
          const rows = page.list.getByRole("link");
          // The button comes with the whole of the first ones, and goes with the whole of the last.
          await page.button("Show older tunnels").waitFor();
          assert.equal(await rows.count(), PAGE);
          await page.button("Show older tunnels").click();
          await page.button("Show older tunnels").waitFor({ state: "hidden" });
          assert.equal(await rows.count(), MANY + 1);
          await screenshot(page.tab, `many-${look}`);
          const find = page.list.getByRole("searchbox", { name: "Find a tunnel" });
          for (const wanted of ["no. 17", "THING-17", "service-17"]) {
            await find.fill(wanted);
            await page.row("Pump no. 16").waitFor({ state: "hidden" });
            assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => row.textContent.includes("Pump no. 17"))), [true], wanted);
            await find.fill("");
            await page.row("Pump no. 16").waitFor();
          }
          await find.fill(tunnelId);
          await page.row("Pump no. 16").waitFor({ state: "hidden" });
          assert.equal(await rows.count(), 1);
          await find.fill("nowhere");
          await page.list.getByText("No tunnel fits.").waitFor();
          await find.fill("");
          // The last row is out of sight at first; what is chosen stays in sight, and is where the keyboard comes back to.
          await page.row(LONG.slice(0, 20)).click();
          await page.tab.getByRole("main").getByRole("heading", { name: LONG.slice(0, 20) }).waitFor();
          if (look === "wide") await assertInSight(page.row(LONG.slice(0, 20)));
          await screenshot(page.tab, `long-name-${look}`);
          await page.tab.goBack();
          await page.tab.getByText("Choose a tunnel, or open one.").waitFor();
          await assertInSight(page.row(LONG.slice(0, 20)));
          assert.ok((await page.tab.evaluate(() => document.activeElement.textContent)).includes(LONG.slice(0, 20)));
          if (look === "narrow") return;
          // From elsewhere, too, it comes into sight.
          await page.row("Pump no. 39").scrollIntoViewIfNeeded();
          await page.show(await page.row(LONG.slice(0, 20)).evaluate(({ hash }) => hash.slice(2)));
          await assertInSight(page.row(LONG.slice(0, 20)));
        }, { site, viewport });
      }
    });

    test("of another service on this machine is open in the same browser, and neither locks the other out", () =>
      rig().visit(async (page, context) => {
        const other = await context.newPage();
        await other.goto(site.link);
        await other.getByText("Live", { exact: true }).waitFor();
        for (const tab of [page.tab, other]) {
          await tab.reload();
          await tab.getByText("Live", { exact: true }).waitFor();
        }
      }));
  });
}

/** Fails unless the middle of an element is what is seen there. */
async function assertInSight(locator) {
  const isSeen = await locator.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  });
  assert.ok(isSeen, "it is in sight");
}
