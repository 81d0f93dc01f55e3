/** The rotate dialog follows the rules, and each mode does what it says. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";
import { json } from "../node.js";
import { THING } from "./rig.js";

/** Core's own words. */
const WITH_SOURCE = json("tests/errors.json").find(({ name }) => name === "DestinationConfigWithSource").text;

export function rotating(rig) {
  describe("rotating", () => {
    test("a destination is greyed out for SOURCE, in the core's words", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL"])).tunnelId);
        await page.button("Rotate tokens…").click();
        const replace = page.dialog.getByRole("checkbox", { name: "Replace the tunnel’s destination" });
        for (const [mode, isAllowed] of [["Source", false], ["Destination", true], ["Both", true], ["Source", false]]) {
          await page.dialog.getByRole("radio", { name: mode }).check();
          assert.equal(await replace.isEnabled(), isAllowed, mode);
          assert.equal(await page.dialog.getByText(WITH_SOURCE).isVisible(), !isAllowed, mode);
        }
        await screenshot(page.tab, "rotate-source");
      }));

    test("the core's messages stand at the fields, and go when they are met", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        await page.sideSays("Destination", /^Connected/);
        const before = await rig().site.call("DescribeTunnel", { tunnelId });
        await page.button("Rotate tokens…").click();
        await page.dialog.getByRole("radio", { name: "Destination" }).check();
        await page.dialog.getByRole("checkbox", { name: "Replace" }).check();
        const service = page.dialog.getByRole("textbox", { name: "Service 1" });
        await page.dialog.getByRole("textbox", { name: "Thing" }).fill("a thing");
        await service.fill("S/H");
        await page.button("Rotate").click();
        const pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]{1,128}";
        await page.dialog.getByText(`${pattern} (it has ' ' at position 1)`, { exact: true }).waitFor();
        const message = page.dialog.getByText(`${pattern} (it has '/' at position 1)`, { exact: true });
        await message.waitFor();
        await screenshot(page.tab, "rotate-violations");
        await service.fill("SSH");
        await message.waitFor({ state: "hidden" });
        await service.fill("");
        await page.dialog.getByText("Member must have length greater than or equal to 1", { exact: true }).waitFor();
        assert.deepEqual(await rig().site.call("DescribeTunnel", { tunnelId }), before, "nothing was sent");
      }));

    for (const [mode, names] of [
      ["Source", ["Source access token"]],
      ["Destination", ["Destination access token"]],
      ["Both", ["Source access token", "Destination access token"]],
    ]) {
      test(`${mode}: shows the new tokens of that side, and the device comes back with its own`, () =>
        rig().visit(async (page) => {
          await page.show((await rig().site.open(["SHELL"])).tunnelId);
          await page.sideSays("Destination", /^Connected/);
          const tokens = await page.rotate(mode);
          assert.deepEqual(Object.keys(tokens), names);
          await page.timeline.filter({ hasText: /Rotated/ }).waitFor();
          await page.sideSays("Source", /^Its token is ready/);
          const uses = page.timeline.filter({ hasText: "Destination used its token and connected" });
          await uses.nth(mode === "Source" ? 0 : 1).waitFor();
          await page.sideSays("Destination", /^Connected/);
        }));
    }

    test("a destination that is replaced is the tunnel's from then on", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL"])).tunnelId);
        await page.button("Rotate tokens…").click();
        await page.dialog.getByRole("radio", { name: "Both" }).check();
        await page.dialog.getByRole("checkbox", { name: "Replace" }).check();
        await page.dialog.getByRole("textbox", { name: "Service 1" }).fill("ECHO");
        await page.button("Add a service").click();
        await page.dialog.getByRole("textbox", { name: "Service 2" }).fill("HTTP");
        await page.button("Rotate").click();
        await page.button("Done").click();
        await page.tab.getByRole("definition").getByText("ECHO, HTTP", { exact: true }).waitFor();
      }));

    test("a destination that is replaced from this page: the browser's own connection goes on with the new services", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["ECHO"])).tunnelId);
        await page.connect();
        await page.screenSays("ECHO is open");
        await page.button("Rotate tokens…").click();
        await page.dialog.getByRole("radio", { name: "Both" }).check();
        await page.dialog.getByRole("checkbox", { name: "Replace" }).check();
        await page.dialog.getByRole("textbox", { name: "Service 1" }).fill("SHELL");
        await page.button("Rotate").click();
        await page.button("Done").click();
        await page.screenSays("ECHO is no longer a service of this tunnel");
        await page.openTerminal("SHELL");
        await page.type("echo replaced: $((40+2))");
        await page.screenSays("replaced: 42");
        assert.deepEqual(await page.services.getByRole("option").allTextContents(), ["SHELL"]);
        await screenshot(page.tab, "services-replaced");
      }));

    test("a destination that is replaced elsewhere: the new services can be opened, without another token", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["ECHO"]);
        await page.show(tunnelId);
        await page.connect();
        await page.screenSays("ECHO is open");
        const destinationConfig = { thingName: THING, services: ["HTTP", "SHELL"] };
        await rig().site.call("RotateTunnelAccessToken", { tunnelId, clientMode: "DESTINATION", destinationConfig });
        await page.screenSays("ECHO is no longer a service of this tunnel");
        await page.openTerminal("SHELL");
        await page.type("echo replaced: $((40+2))");
        await page.screenSays("replaced: 42");
        assert.deepEqual(await page.services.getByRole("option").allTextContents(), ["HTTP", "SHELL"]);
        assert.equal(await page.timeline.filter({ hasText: "Rotated the source’s token" }).count(), 1);
      }));

    test("a tunnel that is closed meanwhile is refused in the dialog, with the reason", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        await page.button("Rotate tokens…").click();
        await rig().site.call("CloseTunnel", { tunnelId });
        await page.button("Rotate").click();
        await page.dialog.getByRole("alert").getByText(/^ResourceNotFoundException: .*closed/).waitFor();
      }));
  });
}
