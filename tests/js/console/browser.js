/** Chromium, and pictures of what it shows. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

/** Where pictures are kept: CI hands them out. */
const SCREENSHOTS = fileURLToPath(new URL("../../../target/console-screenshots", import.meta.url));

/** A page shows within this time whatever it waits for, in milliseconds: nothing here measures a speed. */
export const SOON_MS = 30_000;

const FLAGS = [
  ..."--headless --no-sandbox --disable-gpu --disable-quic --no-first-run".split(" "),
  ..."--disable-background-networking --disable-component-update --disable-sync".split(" "),
];

/** Starts the browser, with an empty profile. */
export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
}

/** Keeps a picture of the page. */
export async function screenshot(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, animations: "disabled" });
}

/** Who made the page load a file of WebAssembly, each time that one was loaded. */
export function wasmLoads(page) {
  return page.evaluate(() => {
    const loads = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".wasm"));
    return loads.map(({ initiatorType }) => initiatorType);
  });
}
