/** The conformance vectors in Chromium, in a page and in a module worker, every case of every file. */

import { after, before } from "node:test";

import { startBrowser } from "./console/browser.js";
import { ROOT } from "./node.js";
import { vectorsIn } from "./vectors-in.js";
import { serveFolder } from "./web-server.js";

let server, browser, page;
before(async () => {
  // The runners and the package find each other there as they do on the disk.
  server = await serveFolder(ROOT);
  browser = await startBrowser();
  page = await browser.newPage();
  await page.route(`${server.origin}/`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Vectors</title>" }));
  await page.goto(server.origin);
});
after(async () => {
  await browser?.close();
  server?.close();
});

vectorsIn("a page of Chromium", (file, cases) =>
  page.evaluate(
    async ({ file, cases }) => {
      const { outcomes } = await import("/tests/js/vectors/engine.js");
      return outcomes(file, cases);
    },
    { file, cases },
  ),
);

vectorsIn("a worker of Chromium", (file, cases) =>
  page.evaluate(
    async ({ file, cases }) => {
      const worker = new Worker("/tests/js/vectors/worker.js", { type: "module" });
      const message = () =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(`the worker: ${message ?? "it could not be loaded"}`));
        });
      await message();
      worker.postMessage({ file, cases });
      const { value, error } = await message();
      worker.terminate();
      if (error !== undefined) throw new Error(error);
      return value;
    },
    { file, cases },
  ),
);
