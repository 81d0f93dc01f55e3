/** A page in Chromium that tells what went wrong in it. */

import { SOON_MS } from "./console/browser.js";

/** No package may need more: WebAssembly, but no `eval`, and nothing fetched. The pages' own scripts may stand in them. */
export const POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'none'";

/**
 * Opens a page and waits for what it says in the global variable `outcomes`.
 * @param {import("playwright-core").Browser} browser @param {string} url
 */
export async function outcomesOf(browser, url) {
  const page = await browser.newPage();
  const wrong = [];
  // A page that threw has no outcome: nobody needs to wait for one.
  const threw = new Promise((_, reject) => page.on("pageerror", reject));
  threw.catch(() => {});
  page.on("console", (message) => {
    // Chromium asks for an icon that no page here has.
    if (/error|warning/.test(message.type()) && !message.location().url.endsWith("/favicon.ico")) wrong.push(message.text());
  });
  page.on("response", (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`));
  try {
    await page.goto(url);
    const found = page.waitForFunction(() => globalThis.outcomes, undefined, { timeout: SOON_MS });
    const outcomes = await Promise.race([found, threw]);
    return { outcomes: await outcomes.jsonValue(), wrong };
  } catch (error) {
    throw new Error(`${url}: ${error.message}\n${wrong.join("\n")}`, { cause: error });
  } finally {
    await page.close();
  }
}
