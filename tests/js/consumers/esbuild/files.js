import { MisuseError, RefusalError, initFrom, parseTunnelId, rotateRequest } from "iot-tunnel";
import wasm from "iot-tunnel/connection.wasm";
import { LocalTunnel, initFrom as initLocalFrom } from "iot-tunnel/local";
import localWasm from "iot-tunnel/local.wasm";

import { story } from "../story.js";

const tunnel = { init: () => initFrom(wasm), MisuseError, RefusalError, parseTunnelId, rotateRequest };
const local = { init: () => initLocalFrom(localWasm), LocalTunnel };
void story(tunnel, local).then((page) => (globalThis.outcomes = { page }));
