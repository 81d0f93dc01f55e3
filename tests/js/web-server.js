/** A folder as a web server hands it out, on a free port of loopback. */

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/**
 * Serves a folder. `/` stands for `index.html`.
 * @param {string} folder @param {Record<string, string>} headers of every answer
 */
export async function serveFolder(folder, headers = {}) {
  const answer = serving(folder, headers);
  const server = createServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The handler of requests for a folder's files. */
export function serving(folder, headers = {}) {
  return async ({ url }, response) => {
    // A path of a URL cannot go up.
    const path = new URL(url, "http://any").pathname.replace(/\/$/, "/index.html");
    try {
      const content = await readFile(join(folder, normalize(path)));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", ...headers }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  };
}
