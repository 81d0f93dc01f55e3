/** The diagram of a side stands where the side does. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

/** What the diagram marks: the box, and the way that led there. */
function marks(page, side) {
  return page.side(side).evaluate((card) => ({
    here: Array.from(card.querySelectorAll(".node.here text"), (text) => text.textContent),
    taken: card.querySelectorAll(".way.taken").length,
  }));
}

export function sides(rig) {
  describe("the diagrams", () => {
    test("follow a source through its life: ready, connected, away, ready again, closed", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["ECHO"]);
        await page.show(tunnelId);
        const picture = (name) => page.side("Source").getByRole("img", { name, exact: true }).waitFor();
        await picture("Source: Token ready");
        assert.deepEqual(await marks(page, "Source"), { here: ["Token ready"], taken: 0 });
        await page.connect();
        await picture("Source: Connected, before that Token ready");
        assert.deepEqual(await marks(page, "Source"), { here: ["Connected"], taken: 1 });
        await page.button("Disconnect").click();
        await picture("Source: Away, before that Connected");
        assert.deepEqual(await marks(page, "Source"), { here: ["Away"], taken: 1 });
        await page.rotate("Source");
        await picture("Source: Token ready, before that Away");
        assert.deepEqual(await marks(page, "Source"), { here: ["Token ready"], taken: 1 });
        await rig().site.call("CloseTunnel", { tunnelId });
        await picture("Source: Closed, before that Token ready");
        assert.deepEqual(await marks(page, "Source"), { here: ["Closed"], taken: 1 });
      }));
  });
}
