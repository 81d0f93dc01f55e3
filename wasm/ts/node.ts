/**
 * A tunnel's ends on a host: the local proxy as a library. It needs the npm package `ws`.
 *
 * @packageDocumentation
 */

export { type ConnectOptions, connect } from "./node/connect.js";
export { type ListenOptions, type Listening, listen } from "./node/listen.js";
export { type ServeOptions, type Serving, serve } from "./node/serve.js";
export type { Transport } from "./node/websocket.js";
