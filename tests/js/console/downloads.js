/** Bytes through the tunnel into the page. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";

export function downloads(rig) {
  describe("a download", () => {
    test("of 10 MB arrives with the device's checksum, and can be saved", () =>
      rig().visit(async (page) => {
        const { file, sum } = rig().site.device;
        await page.show((await rig().site.open(["HTTP"])).tunnelId);
        await page.connect();
        await page.tab.getByText("Download over HTTP").click();
        await page.tab.getByRole("textbox", { name: "Path" }).fill("/firmware.bin");
        await page.button("Download").click();
        await page.tab.getByText(/^SHA-256/).waitFor();
        assert.equal(await page.tab.getByText(/^SHA-256/).getByRole("code").innerText(), sum);
        await page.tab.getByText(/^10\.5 MB in [\d.]+ s$/).waitFor();
        await screenshot(page.tab, "download");
        const [download] = await Promise.all([page.tab.waitForEvent("download"), page.tab.getByText("Save the file").click()]);
        assert.equal(download.suggestedFilename(), "firmware.bin");
        const saved = await readFile(await download.path());
        assert.equal(saved.length, file.length);
        assert.equal(createHash("sha256").update(saved).digest("hex"), sum);
      }));

    test("comes from the service that is named after HTTP, whatever the terminal is at", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL", "HTTP"])).tunnelId);
        await page.connect();
        await page.openTerminal("SHELL");
        await page.tab.getByText("Download over HTTP").click();
        await page.tab.getByRole("textbox", { name: "Path" }).fill("/firmware.bin");
        await page.button("Download").click();
        await page.tab.getByText(/^SHA-256/).waitFor();
      }));

    test("from what does not answer says so, and can be cancelled", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL", "HTTP"])).tunnelId);
        await page.connect();
        await page.tab.getByText("Download over HTTP").click();
        await page.tab.getByRole("combobox", { name: "HTTP service" }).selectOption("SHELL");
        await page.tab.getByRole("textbox", { name: "Path" }).fill("/");
        await page.button("Download").click();
        await page.tab.getByText(/^SHELL has not answered yet\./).waitFor();
        await screenshot(page.tab, "download-no-answer");
        await page.button("Cancel").click();
        await page.tab.getByText("Cancelled", { exact: true }).waitFor();
        await page.button("Download").waitFor();
      }));

    test("while this browser is not connected can be cancelled too", () =>
      rig().visit(async (page) => {
        const { tunnelId } = await rig().site.open(["HTTP"]);
        await page.show(tunnelId);
        await page.connect();
        await rig().site.call("RotateTunnelAccessToken", { tunnelId, clientMode: "SOURCE" });
        await page.linkSays("Needs a new source token");
        await page.tab.getByText("Download over HTTP").click();
        await page.button("Download").click();
        await page.tab.getByText("Waiting until this browser is connected", { exact: true }).waitFor();
        await page.button("Cancel").click();
        await page.tab.getByText("Cancelled", { exact: true }).waitFor();
        await page.button("Download").waitFor();
      }));

    test("that the server refuses says how", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["HTTP"])).tunnelId);
        await page.connect();
        await page.tab.getByText("Download over HTTP").click();
        await page.tab.getByRole("textbox", { name: "Path" }).fill("/none");
        await page.button("Download").click();
        await page.tab.getByText("Failed: the server answered 404 Not Found").waitFor();
      }));

    test("from what is no web server says so", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["ECHO"])).tunnelId);
        await page.connect();
        await page.tab.getByText("Download over HTTP").click();
        await page.button("Download").click();
        await page.tab.getByText("Failed: the answer does not begin as HTTP does").waitFor();
      }));
  });
}
