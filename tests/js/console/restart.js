/** The service starts again: with another key, which locks the page out until the new link was opened. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";
import { Site } from "./rig.js";

export function restart(rig) {
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
