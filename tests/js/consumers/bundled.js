/** What is built by a bundler. The names alone are imported, so that it may leave out all others. */

import init, { MisuseError, RefusalError, parseTunnelId, rotateRequest } from "iot-tunnel";
import initLocal, { LocalTunnel } from "iot-tunnel/local";

import { story } from "./story.js";

export const outcome = () => story({ init, MisuseError, RefusalError, parseTunnelId, rotateRequest }, { init: initLocal, LocalTunnel });
