/** axe finds nothing, whatever the colours and the width; and nothing is cut off on the narrowest screen. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, in short. */
async function violations(page) {
  await page.tab.evaluate(AXE);
  return page.tab.evaluate(async () => {
    const { violations } = await globalThis.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
  });
}

/** How much wider the page is than the screen. */
function overflow(page) {
  return page.tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "narrow light": { colorScheme: "light", viewport: { width: 320, height: 640 } },
  "narrow dark": { colorScheme: "dark", viewport: { width: 320, height: 640 } },
};

export function accessibility(rig) {
  describe("axe finds nothing", () => {
    for (const [look, options] of Object.entries(LOOKS)) {
      test(look, () =>
        rig().visit(async (page) => {
          const name = look.replace(" ", "-");
          const check = async (what) => {
            assert.deepEqual(await violations(page), [], what);
            assert.equal(await overflow(page), 0, `${what}: nothing is wider than the screen`);
            await screenshot(page.tab, `${what}-${name}`);
          };
          const { tunnelId } = await rig().site.open(["SHELL", "HTTP"]);
          await page.row("pump-7").first().waitFor();
          await check("list");
          await page.show(tunnelId);
          await page.sideSays("Destination", /^Connected/);
          await page.connect();
          await page.openTerminal("SHELL");
          await page.type("ls -l / | head -5; echo done");
          await page.screenSays("done");
          await page.tab.getByText("Download over HTTP").click();
          await page.button("Download").click();
          await page.tab.getByText(/^Failed/).waitFor();
          await check("tunnel");
          await page.button("Rotate tokens…").click();
          await page.dialog.getByRole("checkbox", { name: "Replace" }).check();
          await page.dialog.getByRole("textbox", { name: "Service 1" }).fill("no/service");
          await page.button("Rotate").click();
          await page.dialog.getByText(/^Member must/).first().waitFor();
          await check("rotate");
          await page.dialog.getByRole("radio", { name: "Source" }).check();
          await page.button("Rotate").click();
          await page.dialog.getByRole("heading", { name: "The token is rotated" }).waitFor();
          await check("tokens");
          await page.button("Done").click();
          await page.button("Open a tunnel").click();
          await check("open");
          await page.tab.keyboard.press("Escape");
          await page.button("Close…").click();
          await check("close");
        }, options),
      );
    }
  });

  for (const width of [320, 1280]) {
    test(`the longest names there are fit into ${width} pixels`, () =>
      rig().visit(async (page) => {
        const [service, other] = ["S", "T"].map((letter) => letter.repeat(128));
        const { tunnelId } = await rig().site.open([service, other], { thingName: "x".repeat(128) });
        await page.show(tunnelId);
        await page.connect();
        await page.button("Open terminal").click();
        await page.button(`Close ${service}`).waitFor();
        await page.services.selectOption(other);
        await page.button(`Open ${other} instead`).waitFor();
        await page.tab.getByText("Download over HTTP").click();
        await screenshot(page.tab, `long-names-${width}`);
        assert.equal(await overflow(page), 0);
      }, { viewport: { width, height: 800 } }));
  }
}
