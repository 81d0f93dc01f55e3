/** The terminal: through the tunnel and back, and through every rotation. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";
import { nobodysPort } from "./device.js";
import { startAgent, startDestination } from "./programs.js";

/** Enough lines that the first is out of sight. */
const LINES = 120;

/** Turns the terminal's pages back until a text is in sight. */
async function scrollBackTo(page, text) {
  await page.tab.getByRole("textbox", { name: "Terminal input" }).focus();
  for (let pages = 0; pages < 30 && !(await page.screen.getByText(text, { exact: true }).isVisible()); pages += 1) {
    await page.tab.keyboard.press("Shift+PageUp");
  }
  await page.screen.getByText(text, { exact: true }).waitFor();
}

export function terminal(rig) {
  describe("the terminal", () => {
    test("sends what is typed, shows what comes, and plots both", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL", "ECHO"])).tunnelId);
        await page.connect();
        await page.openTerminal("SHELL");
        await page.type("echo the answer is $((6*7))");
        await page.screenSays("the answer is 42");
        const here = page.tab.getByRole("region", { name: "From this browser" });
        await here.getByText(/^Last [\d.]+ ms, median of \d+: [\d.]+ ms$/).waitFor();
        await here.getByText(/^In .*; the most in a minute [1-9]\d* B\/s$/).waitFor();
        // Each curve is drawn, with something above the line that stands for nothing.
        await page.tab.waitForFunction(() => {
          const tops = ["inward", "outward", "trip", "trip-dots"].map((curve) => {
            const path = document.querySelector(`path.curve.${curve}`);
            return path.getAttribute("d") === "" ? Infinity : path.getBBox().y;
          });
          const { height } = document.querySelector("svg.plot").viewBox.baseVal;
          return tops.every((top) => top < height - 5);
        });
        await screenshot(page.tab, "terminal");
        await page.button("Close SHELL").click();
        await page.openTerminal("ECHO");
        await page.type("and back");
        await page.screenSays("and back");
      }));

    test("says which service is open, and opens the one that is chosen instead", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL", "ECHO"])).tunnelId);
        await page.connect();
        await page.openTerminal("SHELL");
        await page.services.selectOption("ECHO");
        await page.tab.getByRole("group", { name: "Terminal SHELL" }).waitFor();
        await screenshot(page.tab, "terminal-instead");
        await page.button("Open ECHO instead").click();
        await page.screenSaysInOrder("SHELL closed", "ECHO is open");
        await page.type("at the other one");
        await page.screenSays("at the other one");
        await page.button("Close ECHO").click();
        await page.screenSays("ECHO closed");
        await page.button("Open terminal").waitFor();
      }));

    test("opens the only service of a tunnel that names none", () =>
      rig().visit(async (page) => {
        const { tunnelId, destinationAccessToken } = await rig().site.call("OpenTunnel", { description: "Unnamed" });
        const device = await startDestination(rig().site.service, destinationAccessToken, rig().site.device.ports.ECHO);
        await page.show(tunnelId);
        await page.connect();
        await page.screenSays("The tunnel’s only service is open");
        assert.deepEqual(await page.services.getByRole("option").allTextContents(), ["The tunnel’s only service"]);
        await page.type("without a name");
        await page.screenSays("without a name");
        await screenshot(page.tab, "terminal-unnamed");
        await page.button("Close terminal").click();
        await page.screenSays("The tunnel’s only service closed");
        await page.button("Open terminal").click();
        await page.screenSays("The tunnel’s only service is open", 2);
        await device.stop();
      }));

    test("has the colours of the page, also after they changed while it was out of sight", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["ECHO"]);
        await page.show(tunnelId);
        await page.connect();
        await page.tab.emulateMedia({ colorScheme: "dark" });
        await page.tab.evaluate(() => (location.hash = "#/"));
        await page.screen.waitFor({ state: "detached" });
        await page.tab.emulateMedia({ colorScheme: "light" });
        await page.show(tunnelId);
        await page.screen.waitFor();
        const [terminal, around] = await page.tab.evaluate(() =>
          [".xterm-scrollable-element", ".screen"].map((part) => getComputedStyle(document.querySelector(part)).backgroundColor),
        );
        assert.equal(terminal, around);
      }, { colorScheme: "light" }));

    test("the token that was just shown connects too, without another rotation", () =>
      rig().visit(async (page) => {
        await page.fillOpen({ thing: "pump-7", services: ["ECHO"] });
        await page.button("Connect from here").click();
        await page.linkSays("Connected as the source");
        await page.screenSays("ECHO is open");
        await page.type("with the first token");
        await page.screenSays("with the first token");
        assert.equal(await page.timeline.filter({ hasText: /Rotated/ }).count(), 0);
      }));

    for (const mode of ["Source", "Destination", "Both"]) {
      test(`comes back after a rotation of ${mode} from this page, with all that it showed`, () =>
        rig().visit(async (page) => {
          await page.show((await rig().site.open(["SHELL"])).tunnelId);
          await page.connect();
          await page.screenSays("SHELL is open");
          await page.type(`for n in $(seq ${LINES}); do echo "before $n"; done`);
          await page.screenSays(`before ${LINES}`);
          const tokens = await page.rotate(mode);
          const goesOn = mode === "Destination" ? ", which ends what is open until the device is back" : "";
          await page.screenSays(`The ${mode === "Destination" ? "destination" : "source"}’s token was rotated${goesOn}`);
          // The new one's words come behind the old one's end.
          await page.tab.waitForFunction(() => {
            const lines = Array.from(document.querySelectorAll(".xterm-rows > div"), (row) => row.textContent);
            const ended = lines.findLastIndex((line) => line.includes("SHELL ended"));
            return ended >= 0 && lines.findLastIndex((line) => line.includes("SHELL is open")) > ended;
          });
          await page.type("echo after: $((40+2))");
          await page.screenSays("after: 42");
          await screenshot(page.tab, `terminal-after-${mode.toLowerCase()}`);
          await scrollBackTo(page, "before 1");
          assert.equal(Object.keys(tokens).length, mode === "Both" ? 2 : 1);
        }));
    }

    test("says why when the source's token is rotated elsewhere, and goes on with a new one", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["ECHO"]);
        await page.show(tunnelId);
        await page.connect();
        await page.screenSays("ECHO is open");
        await page.type("first");
        await page.screenSays("first");
        await rig().site.call("RotateTunnelAccessToken", { tunnelId, clientMode: "SOURCE" });
        await page.screenSays("revoked by a rotation");
        await page.linkSays("Needs a new source token");
        await screenshot(page.tab, "terminal-revoked");
        await page.connect();
        await page.screenSays("ECHO is open", 2);
        await page.type("second");
        await page.screenSays("second");
        await page.screenSays("first");
      }));

    test("the device is away, and back: the terminal is too", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["ECHO"]);
        await page.show(tunnelId);
        await page.connect();
        await page.screenSays("ECHO is open");
        await rig().site.call("RotateTunnelAccessToken", { tunnelId, clientMode: "DESTINATION" });
        await page.screenSays("ECHO is open", 2);
        await page.type("hello again");
        await page.screenSays("hello again");
      }));

    test("a service that does not answer at the device ends at once, and is not tried for ever", () =>
      rig().visit(async (page) => {
        const agent = await startAgent(rig().site.service, "pump-8", { GONE: await nobodysPort() });
        await page.show((await rig().site.open(["GONE"], { thingName: "pump-8" })).tunnelId);
        await page.connect();
        await page.screenSays("GONE ended. Enter opens it again");
        await page.tab.getByRole("textbox", { name: "Terminal input" }).press("Enter");
        await page.screenSays("GONE ended", 2);
        assert.equal(await page.screen.getByText("GONE is open").count(), 2);
        await agent.stop();
      }));

    test("Enter sends what the service wants, and what is typed can be shown", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL"])).tunnelId);
        await page.connect();
        await page.screenSays("SHELL is open");
        await page.tab.getByRole("checkbox", { name: "Show what I type" }).check();
        // Before it says so, the next line would be the shell's to read.
        await page.type("echo list''ening; cat -A");
        await page.screenSays("echo list''ening; cat -A");
        await page.screenSays(/^listening$/);
        await page.tab.getByRole("combobox", { name: "Enter sends" }).selectOption("CR LF");
        await page.type("typed");
        // The echo and the answer may stand in each other: what is typed comes back in parts.
        await page.screenSays("^M$");
      }));

    test("a tunnel that is closed elsewhere says so", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["ECHO"]);
        await page.show(tunnelId);
        await page.connect();
        await rig().site.call("CloseTunnel", { tunnelId });
        await page.screenSays("The tunnel was closed");
        await page.linkSays("Not connected");
      }));

    test("what a terminal showed is there when its tunnel is looked at again", () =>
      rig().visit(async (page) => {
        const [first, second] = [await rig().site.open(["ECHO"]), await rig().site.open(["ECHO"])];
        await page.show(first.tunnelId);
        await page.connect();
        await page.screenSays("ECHO is open");
        await page.type("remember me");
        await page.screenSays("remember me");
        await page.show(second.tunnelId);
        await page.show(first.tunnelId);
        await page.screenSays("remember me");
        await page.type("still here");
        await page.screenSays("still here");
      }));
  });
}
