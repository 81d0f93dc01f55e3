/** Bytes through the tunnel into the page. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";

/** More than all buffers between a server and the page hold, in bytes, and far less than the files that are refused. */
const UNDER_WAY = 64 * 1024 * 1024;
/** Time for 256 MiB through a debug build on a busy machine, in milliseconds. */
const LONG_MS = 180_000;

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

    for (const [path, words] of [
      ["/long.bin", "Failed: the file is longer than the 256 MiB that this page keeps"],
      ["/missing-with-a-long-page", "Failed: the server answered 404 Not Found"],
      ["/broken-with-a-long-page", "Failed: the server answered 500 Internal Server Error"],
      ["/moved-with-a-long-page", "Failed: the server answered 302 Found"],
    ]) {
      test(`that fails before its body has come ends alone: ${path}`, () =>
        rig().visit(async (page) => {
          const { device } = rig().site;
          await page.show((await rig().site.open(["SHELL", "HTTP"])).tunnelId);
          await page.connect();
          await page.openTerminal("SHELL");
          const before = device.filled;
          await page.download(path);
          await page.tab.getByText(words, { exact: true }).waitFor();
          await page.othersStillRun();
          // What was under way when it was refused is all that was sent.
          assert.ok(device.filled - before < UNDER_WAY, `${device.filled - before} bytes were sent`);
        }));
    }

    test("that is cancelled in the middle ends alone", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL", "HTTP"])).tunnelId);
        await page.connect();
        await page.openTerminal("SHELL");
        await page.download("/endless.bin");
        await page.tab.getByText("Receiving", { exact: true }).waitFor();
        await page.button("Cancel").click();
        await page.tab.getByText("Cancelled", { exact: true }).waitFor();
        await page.othersStillRun();
      }));

    test("that grows longer than the page keeps ends alone", () =>
      rig().visit(async (page) => {
        await page.show((await rig().site.open(["SHELL", "HTTP"])).tunnelId);
        await page.connect();
        await page.openTerminal("SHELL");
        await page.download("/endless.bin");
        await page.tab.getByText(/^Failed: the file is longer than/).waitFor({ timeout: LONG_MS });
        await page.othersStillRun();
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
