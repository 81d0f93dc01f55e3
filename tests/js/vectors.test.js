/** The conformance vectors in Node, every case of every file. */

import { vectorsIn } from "./vectors-in.js";
import { outcomes } from "./vectors/engine.js";

vectorsIn("Node", outcomes);
