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

/** A module with nothing in it, which is no less WebAssembly. */
const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const OTHER_ENTRY = readFileSync(new URL("../../wasm/dist/raw/local_bg.wasm", import.meta.url));

test("a source that is none is refused, says what is allowed, and leaves everything to be loaded", async () => {
  const allowed = /^source must be an address, a Response, bytes or a WebAssembly\.Module, but is (null|of type \w+)$/;
  for (const source of [undefined, null, 42, true, {}, Promise.resolve(EMPTY)]) {
    await assert.rejects(tunnel.initFrom(source), { name: "TypeError", message: allowed });
    assert.throws(() => tunnel.initSync(source), { name: "TypeError", message: /^source must be bytes or a WebAssembly\.Module, but is / });
  }
  await assert.rejects(tunnel.initFrom(new URL("file:///nothing/here.wasm")), { code: "ENOENT" });
  await assert.rejects(tunnel.initFrom(new Response("", { status: 404 })), { message: /^source was answered with status 404/ });
  await assert.rejects(tunnel.initFrom(new Uint8Array([0, 1, 2, 3])), WebAssembly.CompileError);
  assert.throws(() => tunnel.initSync(new Uint8Array([0, 1, 2, 3])), WebAssembly.CompileError);
  const other = { name: "TypeError", message: 'source is WebAssembly, but not that of "iot-tunnel"' };
  for (const source of [EMPTY, OTHER_ENTRY]) {
    await assert.rejects(tunnel.initFrom(source), other);
    assert.throws(() => tunnel.initSync(source), other);
  }
  assert.throws(() => tunnel.parseTunnelId("t-1"), { code: "NotInitialised" });
});

test("an init does not fail for the source of somebody who was there before, and several compile once", async (t) => {
  const { mock } = t.mock.method(WebAssembly, "compile");
  const failing = assert.rejects(tunnel.initFrom(EMPTY), TypeError);
  await Promise.all([tunnel.init(), tunnel.init(), tunnel.initFrom("https://example.invalid/never-fetched")]);
  await failing;
  assert.equal(mock.callCount(), 2);
  assert.equal(tunnel.parseTunnelId("t-1"), "t-1");
});

test("once it is loaded, init, initFrom and initSync change nothing", async () => {
  await Promise.all([tunnel.init(), tunnel.initFrom("https://example.invalid/never-fetched")]);
  tunnel.initSync(new Uint8Array());
  await tunnel.init();
  assert.equal(tunnel.parseTunnelId("t-1"), "t-1");
});

test("initSync takes bytes, and an init that is under way then changes nothing", async () => {
  const loading = local.init();
  local.initSync(readFileSync(new URL("../../wasm/dist/raw/local_bg.wasm", import.meta.url)));
  const { tunnel: opened } = local.LocalTunnel.open();
  await loading;
  assert.equal(opened.binds("c".repeat(32)), false);
  assert.deepEqual(local.decodeMessage(local.encodeMessage({ type: 1, streamId: 3 })).streamId, 3);
});
