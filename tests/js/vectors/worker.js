/** The vectors in a module worker: one message in for each file, one out. */

import { outcomes } from "./engine.js";

addEventListener("message", async ({ data: { file, cases } }) => {
  postMessage(await outcomes(file, cases).then((value) => ({ value }), (error) => ({ error: String(error) })));
});
// Whoever made it waits for this: before, nobody listened.
postMessage("ready");
