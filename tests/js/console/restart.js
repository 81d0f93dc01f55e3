/** The service starts again: with another key, which locks the page out until the new link was opened. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";
import { Site } from "./rig.js";

/** Keeps the page's event sources at hand. */
const KEEP_SOURCES = `
  globalThis.eventSources = [];
  globalThis.EventSource = class extends EventSource {
    constructor(...arguments_) {
      super(...arguments_);
      globalThis.eventSources.push(this);
    }
  };`;

export function restart(rig) {
  test("a break in the events is seen, and made up for without telling anything twice", () =>
    rig().visit(async (page) => {
      const { tunnelId } = await rig().site.call("OpenTunnel", { description: "Watched" });
      await page.show(tunnelId);
      await page.timeline.filter({ hasText: "Opened" }).waitFor();
      // One that ended like this does not come back by itself, nor does the next one, which is refused.
      await page.tab.route("**/console/events", (route) => route.fulfill({ status: 503 }));
      await page.tab.evaluate(() => {
        const [source] = globalThis.eventSources;
        source.close();
        source.dispatchEvent(new Event("error"));
      });
      await page.tab.getByText("The service does not answer.").waitFor();
      await rig().site.call("RotateTunnelAccessToken", { tunnelId, clientMode: "SOURCE" });
      await page.tab.unroute("**/console/events");
      await page.live();
      await page.timeline.filter({ hasText: "Rotated" }).waitFor();
      assert.equal(await page.timeline.count(), 2);
    }, { script: KEEP_SOURCES }));

  describe("a restart of the service", () => {
    test("is seen, and after its new link was opened in another tab the page goes on, its terminal too", async () => {
      const site = await Site.start();
      try {
        await rig().visit(
          async (page, context) => {
            const [{ tunnelId }, idle] = [await site.open(["ECHO"]), await site.call("OpenTunnel", {})];
            await page.show(tunnelId);
            await page.connect();
            await page.screenSays("ECHO is open");
            await page.type("before the restart");
            await page.screenSays("before the restart");
            await site.service.stop();
            await page.tab.getByText("The service does not answer.").waitFor();
            await page.linkSays("Connection lost, trying again");
            await screenshot(page.tab, "service-away");
            site.service = await site.place.serve();
            await page.tab.getByText("The service has started again, with a new link.").waitFor();
            await screenshot(page.tab, "service-restarted");
            const other = await context.newPage();
            await other.goto(site.link);
            await page.live();
            await page.linkSays("Connected as the source");
            // Whether the token of a side that is not connected was used, nothing that is kept tells the other tab.
            await other.goto(`${new URL("./", site.link)}#/${idle.tunnelId}`);
            await other.getByRole("img", { name: "Destination: not connected", exact: true }).waitFor();
            await page.screenSays("ECHO is open", 2);
            await page.type("after the restart");
            await page.screenSays("after the restart");
            await page.screenSays("before the restart");
            assert.equal(await page.tab.getByText("The service has started again").count(), 0);
          },
          { site },
        );
      } finally {
        await site.stop();
      }
    });
  });
}
