/** Its own way to the bytes of the WebAssembly. */

import { readFileSync } from "node:fs";

import { MisuseError, RefusalError, initSync, parseTunnelId, rotateRequest } from "iot-tunnel";
import { LocalTunnel, initSync as initLocalSync } from "iot-tunnel/local";

import { story } from "../story.js";

const bytes = (entry) => readFileSync(new URL(import.meta.resolve(entry)));
const tunnel = { init: () => initSync(bytes("iot-tunnel/connection.wasm")), MisuseError, RefusalError, parseTunnelId, rotateRequest };
const local = { init: () => initLocalSync(bytes("iot-tunnel/local.wasm")), LocalTunnel };
console.log(JSON.stringify(await story(tunnel, local)));
