/** What the engine brings: its WebSocket, and never its WebSocketStream. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect } from "./model.js";

/** Runs `use` with other globals than the engine's. */
function withGlobals(globals, use) {
  const before = Object.fromEntries(Object.keys(globals).map((name) => [name, globalThis[name]]));
  Object.assign(globalThis, globals);
  try {
    use();
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete globalThis[name];
      else globalThis[name] = value;
    }
  }
}

test("a WebSocketStream is left alone: in Chromium a drop during a write to one ends the tab", () => {
  const made = [];
  class WebSocket {
    constructor(url) {
      made.push(url);
    }
    addEventListener() {}
    close() {}
  }
  class WebSocketStream {
    constructor() {
      throw new Error("a WebSocketStream was made");
    }
  }
  withGlobals({ WebSocket, WebSocketStream }, () => {
    const { connection } = connect({ WebSocket: undefined }, "browser");
    assert.equal(connection.state, "connecting");
    connection.close();
  });
  assert.deepEqual(made, ["wss://service.example/tunnel?local-proxy-mode=source"]);
});

test("without a WebSocket there is no connection", () => {
  withGlobals({ WebSocket: undefined, WebSocketStream: class {} }, () => {
    assert.throws(() => connect({ WebSocket: undefined }, "browser"), { code: "NoWebSocket", number: 190 });
  });
});
