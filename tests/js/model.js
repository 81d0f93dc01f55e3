/** A model of the service and of time: WebSockets that a test answers by hand, and a clock that it moves. */

import { setImmediate as turn, setTimeout as timer } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import * as tunnel from "../../wasm/dist/index.js";
import { decodeMessage, encodeMessage, init as initLocal } from "../../wasm/dist/local.js";

await Promise.all([tunnel.init(), initLocal()]);

export const V1 = "aws.iot.securetunneling-1.0";
export const V3 = "aws.iot.securetunneling-3.0";
export const TYPE = { data: 1, streamStart: 2, streamReset: 3, sessionReset: 4, serviceIds: 5, connectionStart: 6, connectionReset: 7 };

/** Lets everything run that can run without time. A connection tells its first events by a timer of the engine: ours is later. */
export async function settled() {
  await timer(0);
  for (let round = 0; round < 4; round += 1) await turn();
}

/** Collects garbage until enough is gone, or for 20 rounds: not everything goes in the first. */
export async function collect(isEnough) {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  for (let rounds = 0; rounds < 20 && !isEnough(); rounds += 1) {
    await settled();
    gc();
  }
}

/** Time that stands until it is moved. */
export class ModelClock {
  #now = 1000;
  #timers = new Map();
  #serial = 0;

  now = () => this.#now;

  setTimeout = (callback, milliseconds) => {
    this.#timers.set(++this.#serial, { callback, due: this.#now + milliseconds });
    return this.#serial;
  };

  clearTimeout = (timer) => void this.#timers.delete(timer);

  get timers() {
    return this.#timers.size;
  }

  /** Moves time, and lets everything happen on the way. */
  async advance(milliseconds) {
    const end = this.#now + milliseconds;
    while (await this.alarm(end));
    this.#now = end;
  }

  /** Moves time in one step, as a machine that wakes up, and then lets happen what is due: what rings every few milliseconds does once. */
  async jump(milliseconds) {
    this.#now += milliseconds;
    while (await this.alarm(this.#now));
  }

  /** Moves time to the next alarm, if there is one until then. Whether there was. */
  async alarm(until = Infinity) {
    await settled();
    const [next] = [...this.#timers].filter(([, { due }]) => due <= until).sort(([, a], [, b]) => a.due - b.due);
    if (next === undefined) return false;
    const [timer, { callback, due }] = next;
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, due);
    callback();
    return true;
  }
}

/** A message as the bytes of a frame. */
export function frame(message) {
  const bytes = encodeMessage(message);
  const framed = new Uint8Array(2 + bytes.length);
  framed.set([bytes.length >> 8, bytes.length & 255]);
  framed.set(bytes, 2);
  return framed;
}

/** The messages in bytes that were sent; each WebSocket message holds whole frames here. */
export function messages(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] * 256 + bytes[at + 1];
    found.push(decodeMessage(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return found;
}

/** A WebSocket as a browser has it. The methods below the line are the test's: the other end. */
class BrowserSocket {
  binaryType = "blob";
  bufferedAmount = 0;
  protocol = "";
  #listeners = new Map();

  constructor(url, protocols, options) {
    Object.assign(this, { url, protocols, options });
    this.sent = [];
    this.closed = undefined;
  }

  addEventListener(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(data) {
    if (this.closed) return;
    this.sent.push(data.slice());
  }

  close(code = 1005, reason = "") {
    if (code !== 1005 && code !== 1000 && !(code >= 3000 && code <= 4999)) throw new DOMException(`code ${code}`, "InvalidAccessError");
    this.closed ??= { code, reason };
  }

  // ---

  emit(type, event = {}) {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  accept(protocol = V3) {
    this.protocol = protocol;
    this.emit("open");
  }

  refuse() {
    this.emit("error");
    this.emit("close", { code: 1006, reason: "" });
  }

  drop(code = 1006, reason = "") {
    this.emit("close", { code, reason });
  }

  text(data) {
    this.emit("message", { data });
  }

  bytes(bytes) {
    const { buffer } = new Uint8Array(bytes);
    this.emit("message", { data: buffer });
  }

  deliver(...messages) {
    for (const message of messages) this.bytes(frame(message));
  }

  announce(...availableServiceIds) {
    this.deliver({ type: TYPE.serviceIds, availableServiceIds });
  }

  /** The messages that were sent since the last call. */
  received() {
    return this.sent.splice(0).flatMap(messages);
  }
}

/** A WebSocket as `ws` has it. */
class NodeSocket extends BrowserSocket {
  paused = false;
  pings = [];
  #listeners = new Map();

  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  ping(data) {
    this.pings.push(data);
  }

  pause() {
    this.paused = true;
  }

  resume() {
    this.paused = false;
  }

  close(code = 1005, reason = "") {
    this.closed ??= { code, reason };
  }

  // ---

  refuse(status = 400, reason = "", headers = {}) {
    this.#listeners.get("unexpected-response")({}, { statusCode: status, headers: { "x-status-reason": reason, ...headers } });
  }

  pong(data = this.pings.at(-1)) {
    this.#listeners.get("pong")(Buffer.from(data));
  }

  heartbeat() {
    this.#listeners.get("ping")(Buffer.from("theirs"));
  }

  bytes(bytes) {
    this.emit("message", { data: Buffer.from(bytes) });
  }
}

const KINDS = { browser: BrowserSocket, node: NodeSocket };

/** A connection to a model service, with everything that it told. */
export function connect(options = {}, kind = "node") {
  const sockets = [];
  const Kind = KINDS[kind];
  class WebSocket extends Kind {
    constructor(...given) {
      super(...given);
      sockets.push(this);
    }
  }
  const clock = new ModelClock();
  const connection = new tunnel.TunnelConnection({
    url: "wss://service.example",
    side: "source",
    services: ["SSH", "RDP"],
    accessToken: "token-1",
    tokenIn: kind === "node" ? "header" : "subprotocol",
    WebSocket,
    clock,
    ...options,
  });
  const told = { states: [], tokens: [], errors: [] };
  connection.addEventListener("statechange", ({ state }) => told.states.push(state));
  connection.addEventListener("token", ({ why, error }) => told.tokens.push({ why, ...(error && { error }) }));
  connection.addEventListener("error", ({ error }) => told.errors.push(error));
  return {
    connection,
    clock,
    sockets,
    told,
    /** The WebSocket of the latest attempt. */
    get socket() {
      return sockets.at(-1);
    },
    /** Brings it to the state `open`. */
    open(...services) {
      this.socket.accept();
      this.socket.announce(...(services.length > 0 ? services : ["SSH", "RDP"]));
      return this.socket;
    },
  };
}

/** A destination whose peer has started a stream. */
export async function started(options = {}, kind = "node") {
  const rig = connect({ side: "destination", services: ["SSH"], ...options }, kind);
  const socket = rig.open("SSH");
  socket.deliver({ type: TYPE.streamStart, streamId: 5, serviceId: "SSH", connectionId: 1 });
  const { value: stream } = await rig.connection.streams().next();
  return { ...rig, socket, stream, about: { streamId: 5, serviceId: "SSH", connectionId: 1 } };
}

/** Everything that can be read. */
export async function drain(readable) {
  const chunks = [];
  for await (const chunk of readable) chunks.push(chunk);
  return Buffer.concat(chunks);
}
