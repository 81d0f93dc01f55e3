/** What comes before `init`, and `init` itself. Each test file is a process of its own: nothing is loaded here yet. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as tunnel from "../../wasm/dist/index.js";
import * as local from "../../wasm/dist/local.js";

/** What an entry exports that needs no `init`: itself, and the classes of errors. */
const FREE = /^(default|init|initFrom|initSync|\w+Error)$/;

/** Classes are used in another way than functions. */
const CLASSES = {
  "iot-tunnel": ({ TunnelConnection }) => ({
    TunnelConnection: () => new TunnelConnection({ url: "wss://service.example", side: "source", WebSocket: class {} }),
  }),
  "iot-tunnel/local": ({ LocalTunnel }) => ({ LocalTunnel: () => LocalTunnel.open() }),
};

for (const [name, entry] of [["iot-tunnel", tunnel], ["iot-tunnel/local", local]]) {
  test(`every function of ${name} says before init that init comes first`, () => {
    const functions = Object.entries({ ...entry, ...CLASSES[name](entry) }).filter(([name]) => !FREE.test(name));
    assert.ok(functions.length > 1);
    for (const [name, call] of functions) {
      assert.throws(() => call("", ""), { name: "MisuseError", code: "NotInitialised", number: 181, message: /await init\(\)/ }, name);
    }
  });
}

test("an initFrom that fails can be tried again, and says what failed", async () => {
  await assert.rejects(tunnel.initFrom(new URL("file:///nothing/here.wasm")), { code: "ENOENT" });
  await assert.rejects(tunnel.initFrom(new Uint8Array([0, 1, 2, 3])), WebAssembly.CompileError);
  await tunnel.init();
  assert.equal(tunnel.parseTunnelId("t-1"), "t-1");
});

test("init again is the same init, and initFrom or initSync after it is harmless", async () => {
  assert.equal(tunnel.init(), tunnel.initFrom("https://example.invalid/never-fetched"));
  tunnel.initSync(new Uint8Array());
  await tunnel.init();
});

test("initSync takes bytes, and an init that is under way then changes nothing", async () => {
  const loading = local.init();
  local.initSync(readFileSync(new URL("../../wasm/dist/raw/local_bg.wasm", import.meta.url)));
  const { tunnel: opened } = local.LocalTunnel.open();
  await loading;
  assert.equal(opened.binds("c".repeat(32)), false);
  assert.deepEqual(local.decodeMessage(local.encodeMessage({ type: 1, streamId: 3 })).streamId, 3);
});
