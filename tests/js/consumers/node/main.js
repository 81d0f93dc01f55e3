import { outcome } from "../bundled.js";

console.log(JSON.stringify(await outcome()));
