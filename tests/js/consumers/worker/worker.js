// An import map is for pages only.
import * as tunnel from "/node_modules/iot-tunnel/dist/index.js";
import * as local from "/node_modules/iot-tunnel/dist/local.js";
import { story } from "/story.js";

postMessage(await story(tunnel, local));
