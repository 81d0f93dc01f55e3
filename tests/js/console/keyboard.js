/** What a person does without a pointer. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

/** Presses Tab until the control with that name has the keyboard. */
async function tabTo(page, name, key = "Tab") {
  for (let presses = 0; presses < 60; presses += 1) {
    const focused = await page.tab.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.labels?.[0]?.textContent?.trim() ?? element?.textContent?.trim();
    });
    if (focused?.startsWith(name)) return;
    await page.tab.keyboard.press(key);
  }
  assert.fail(`${key} does not lead to ${name}`);
}

export function keyboard(rig) {
  describe("with the keyboard only", () => {
    test("a tunnel is chosen and its token rotated and copied", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.call("OpenTunnel", { description: "By keyboard" });
        await page.row("By keyboard").waitFor();
        await tabTo(page, "By keyboard");
        await page.tab.keyboard.press("Enter");
        await page.tab.getByRole("main").getByText(tunnelId, { exact: true }).waitFor();
        await tabTo(page, "Rotate tokens…");
        await page.tab.keyboard.press("Enter");
        await page.dialog.getByRole("heading", { name: "Rotate access tokens" }).waitFor();
        // The chosen mode has the keyboard; arrows go to the others.
        await page.tab.keyboard.press("ArrowDown");
        assert.ok(await page.dialog.getByRole("radio", { name: "Source" }).isChecked());
        await tabTo(page, "Rotate");
        await page.tab.keyboard.press("Enter");
        await page.dialog.getByRole("heading", { name: "The token is rotated" }).waitFor();
        const [token] = Object.values(await page.tokens());
        await tabTo(page, "Copy the source access token");
        await page.tab.keyboard.press("Enter");
        await page.button("Copy the source access token").getByText("Copied").waitFor();
        assert.equal(await page.tab.evaluate(() => navigator.clipboard.readText()), token);
        await page.tab.keyboard.press("Escape");
        await page.tab.waitForFunction((token) => !document.documentElement.outerHTML.includes(token), token);
        assert.equal(await page.tab.evaluate(() => document.activeElement.textContent), "Rotate tokens…");
      }));

    test("a terminal takes Tab for its service, and lets go of the keyboard with Shift+Tab", () =>
      rig().visit(async (page) => {
        const isInside = () => page.tab.evaluate(() => document.activeElement.closest(".xterm") !== null);
        await page.show((await rig().site.open(["SHELL"])).tunnelId);
        await page.connect();
        await page.screenSays("SHELL is open");
        await page.type("echo list''ening; cat -A");
        await page.screenSays(/^listening$/);
        await page.tab.keyboard.press("Tab");
        assert.ok(await isInside(), "Tab is the service's");
        await page.tab.keyboard.press("Shift+Tab");
        assert.ok(!(await isInside()), "Shift+Tab leads out");
        await page.type("typed");
        // One Tab came, and nothing for the other.
        await page.screenSays(/^\^Ityped\$$/);
      }));

    test("the link at the beginning leads past the list, to the tunnel that is shown", () =>
      rig().visit(async (page, context) => {
        const { tunnelId } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        const address = page.tab.url();
        await page.tab.getByRole("link", { name: "Skip to the tunnel" }).focus();
        await page.tab.keyboard.press("Enter");
        assert.equal(await page.tab.evaluate(() => document.activeElement.id), "tunnel");
        await page.tab.keyboard.press("Tab");
        assert.equal(await page.tab.evaluate(() => document.activeElement.textContent), "Rotate tokens…");
        assert.equal(page.tab.url(), address);
        // Whoever comes with a keyboard meets it first.
        const other = await context.newPage();
        await other.goto(address);
        await other.keyboard.press("Tab");
        assert.equal(await other.evaluate(() => document.activeElement.textContent), "Skip to the tunnel");
      }));
  });
}
