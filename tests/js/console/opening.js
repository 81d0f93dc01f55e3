/** Opening and closing. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { screenshot, wasmLoads } from "./browser.js";
import { THING } from "./rig.js";

export function opening(rig) {
  describe("opening and closing", () => {
    test("a tunnel that is opened is in the list with the time it has left, and its device connects", () =>
      rig().visit(async (page) => {
        await page.fillOpen({ description: "Pump in the cellar", thing: THING, services: ["SHELL"], lifetime: 90 });
        await page.dialog.getByRole("heading", { name: "The tunnel is open" }).waitFor();
        await screenshot(page.tab, "tokens");
        await page.button("Done").click();
        await page.sideSays("Destination", /^Connected, since/);
        await page.sideSays("Source", /^Its token is ready/);
        await page.timeline.filter({ hasText: "Destination used its token and connected" }).waitFor();
        await page.timeline.filter({ hasText: "Opened, with a token for each side" }).waitFor();
        const row = page.row("Pump in the cellar");
        await row.getByText(/^1 h (29|30) min left$/).waitFor();
        await row.getByRole("img", { name: "destination connected" }).waitFor();
        const bar = row.getByRole("meter", { name: "Time left" });
        const share = await bar.evaluate((meter) => meter.value / meter.max);
        assert.ok(share > 0.9 && share <= 1, `a share of ${share}`);
      }));

    test("the page has its WebAssembly with its script, and asks for no file", () =>
      rig().visit(async (page) => assert.deepEqual(await wasmLoads(page.tab), [])));

    test("a tunnel that is opened elsewhere appears by itself", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.call("OpenTunnel", { description: "Opened elsewhere" });
        await page.row("Opened elsewhere").click();
        await page.tab.getByRole("main").getByText(tunnelId, { exact: true }).waitFor();
      }));

    test("what the service finds wrong stands at its field, and the keyboard at the first", () =>
      rig().visit(async (page) => {
        await page.fillOpen({ thing: "pump 7", services: ["SHELL", "no/service"], lifetime: 721 });
        for (const [field, message] of [
          ["Thing", "Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]{1,128} (it has ' ' at position 4)"],
          ["Service 2", "Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]{1,128} (it has '/' at position 2)"],
          ["Lifetime", "Member must have value less than or equal to 720"],
        ]) {
          const input = page.dialog.getByRole("textbox", { name: field });
          await page.dialog.getByText(message, { exact: true }).waitFor();
          assert.equal(await input.getAttribute("aria-invalid"), "true", field);
          const description = await input.evaluate((element) => document.getElementById(element.getAttribute("aria-describedby"))?.textContent);
          assert.equal(description, message);
        }
        const isFirst = await page.dialog.getByRole("textbox", { name: "Thing" }).evaluate((element) => element === document.activeElement);
        assert.ok(isFirst, "the keyboard is at the first mistake");
        assert.equal(await page.dialog.getByRole("textbox", { name: "Service 1" }).getAttribute("aria-invalid"), null);
        await screenshot(page.tab, "open-violations");
      }));

    test("what takes longer than a blink shows that it does, and cannot be asked for twice", () =>
      rig().visit(async (page) => {
        const held = [];
        const bar = page.tab.getByRole("progressbar", { name: "Waiting for the service" });
        await bar.waitFor({ state: "hidden" });
        const isMeant = (request) => request.headers()["x-amz-target"].endsWith(".OpenTunnel");
        await page.tab.route("**/console/api", (route) => (isMeant(route.request()) ? held.push(route) : route.continue()));
        await page.fillOpen({ description: "Slow" });
        await bar.waitFor();
        assert.equal(await page.button("Open").getAttribute("aria-busy"), "true");
        await page.button("Open").click({ force: true });
        assert.equal(held.length, 1, "one request");
        await held[0].continue();
        await page.tab.unroute("**/console/api");
        await page.dialog.getByRole("heading", { name: "The tunnel is open" }).waitFor();
        await bar.waitFor({ state: "hidden" });
      }));

    test("a quota that is used up is said at the form", () =>
      rig().visit(async (page) => {
        await page.fillOpen({ services: ["A", "B", "C", "D"] });
        await page.dialog.getByRole("alert").getByText("LimitExceededException").waitFor();
      }));

    test("tokens are shown once: copied, then hidden, and nowhere in the page", () =>
      rig().visit(async (page) => {
        await page.fillOpen({ description: "Tokens" });
        await page.dialog.getByRole("heading", { name: "The tunnel is open" }).waitFor();
        const tokens = await page.tokens();
        assert.deepEqual(Object.keys(tokens), ["Source access token", "Destination access token"]);
        await page.button("Copy the destination access token").click();
        await page.button("Copy the destination access token").getByText("Copied").waitFor();
        assert.equal(await page.tab.evaluate(() => navigator.clipboard.readText()), tokens["Destination access token"]);
        await page.button("Hide now").click();
        await page.dialog.getByText("Hidden. A lost token is replaced by a rotation.").waitFor();
        const content = await page.tab.content();
        for (const token of Object.values(tokens)) assert.ok(token.length > 50 && !content.includes(token));
      }));

    test("tokens are hidden by themselves, later if a person asks for more time", () =>
      rig().visit(async (page) => {
        await page.tab.clock.install();
        await page.fillOpen({ description: "Forgotten" });
        await page.dialog.getByRole("heading", { name: "The tunnel is open" }).waitFor();
        const tokens = Object.values(await page.tokens());
        await page.tab.clock.runFor(50_000);
        await page.button("Keep them longer").click();
        await page.tab.clock.runFor(50_000);
        assert.deepEqual(Object.values(await page.tokens()), tokens);
        await page.tab.clock.runFor(11_000);
        await page.dialog.getByText("Hidden. A lost token is replaced by a rotation.").waitFor();
        assert.deepEqual(await page.tokens(), {});
      }));

    test("closing needs a yes, and a closed tunnel can only be deleted", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        await page.sideSays("Destination", /^Connected/);
        await page.button("Close…").click();
        await page.button("Keep it open").click();
        assert.equal((await rig().site.call("DescribeTunnel", { tunnelId })).tunnel.status, "OPEN");
        await page.button("Close…").click();
        await page.button("Close the tunnel").click();
        await page.sideSays("Source", /^Closed/);
        await page.sideSays("Destination", /^Closed/);
        assert.ok(await page.button("Rotate tokens…").isDisabled());
        assert.ok(await page.button("Connect from here…").isDisabled());
        await page.button("Delete…").click();
        await page.dialog.getByRole("heading", { name: "Delete the tunnel’s record" }).waitFor();
        await page.button("Delete").click();
        await page.tab.getByText("Choose a tunnel, or open one.").waitFor();
        await assert.rejects(rig().site.call("DescribeTunnel", { tunnelId }), /ResourceNotFoundException/);
      }));

    for (const [screen, viewport] of [["wide", { width: 1280, height: 900 }], ["narrow", { width: 375, height: 800 }]]) {
      test(`a tunnel can be closed and deleted in one step, which leads back to the list of a ${screen} screen`, () =>
        rig().visit(async (page) => {
          await rig().site.call("OpenTunnel", { description: "Another one" });
          const { tunnelId } = await rig().site.open(["SHELL"]);
          await page.show(tunnelId);
          await page.button("Close…").click();
          await page.dialog.getByRole("checkbox", { name: "Delete its record too" }).check();
          await page.button("Close the tunnel").click();
          await page.tab.waitForURL(/#\/$/);
          await page.row("Another one").first().waitFor();
          // The keyboard is there too.
          assert.ok(await page.list.evaluate((list) => list.contains(document.activeElement)));
          await assert.rejects(rig().site.call("DescribeTunnel", { tunnelId }), /ResourceNotFoundException/);
          await screenshot(page.tab, `deleted-${screen}`);
        }, { viewport }));
    }

    test("a tunnel that is deleted elsewhere says so, has the keyboard, and leads back to the list on a narrow screen", () =>
      rig().visit(async (page) => {
        await rig().site.call("OpenTunnel", { description: "Another one" });
        const { tunnelId } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        await page.button("Rotate tokens…").focus();
        await rig().site.call("CloseTunnel", { tunnelId, delete: true });
        await page.tab.getByText("There is no such tunnel.").waitFor();
        assert.equal(await page.tab.evaluate(() => document.activeElement.id), "tunnel");
        await screenshot(page.tab, "gone-narrow");
        await page.tab.keyboard.press("Tab");
        await page.tab.keyboard.press("Enter");
        await page.row("Another one").first().waitFor();
      }, { viewport: { width: 375, height: 800 } }));
  });
}
