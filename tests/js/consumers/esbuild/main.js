import init, { MisuseError, RefusalError, parseTunnelId, rotateRequest } from "iot-tunnel";
import wasm from "iot-tunnel/connection.wasm";
import initLocal, { LocalTunnel } from "iot-tunnel/local";
import localWasm from "iot-tunnel/local.wasm";

import { story } from "../story.js";

const tunnel = { init: () => init(new URL(wasm, import.meta.url)), MisuseError, RefusalError, parseTunnelId, rotateRequest };
const local = { init: () => initLocal(new URL(localWasm, import.meta.url)), LocalTunnel };
globalThis.outcomes = { page: await story(tunnel, local) };
