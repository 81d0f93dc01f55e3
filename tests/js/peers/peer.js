/** A destination that acts by the table of one of AWS's clients, with a service behind it. */

import { TYPE } from "../model.js";
import { Table } from "./table.js";

const NAMES = {
  [TYPE.data]: "DATA",
  [TYPE.streamStart]: "STREAM_START",
  [TYPE.streamReset]: "STREAM_RESET",
  [TYPE.connectionStart]: "CONNECTION_START",
  [TYPE.connectionReset]: "CONNECTION_RESET",
};

/** What a service says on its `number`th connection. */
export const greeting = (number) => Buffer.from(`connection ${number};`);
/** Messages that a flooding service has sent before its destination has sent one of them on. */
const FLOOD = 100;

/** What services do on a connection: with its start, and with bytes. */
export const SERVICES = {
  "sends back what it gets": { data: (peer, about, payload) => peer.say(about, payload) },
  "speaks first": {
    start: (peer, about, number) => peer.say(about, greeting(number)),
    data: (peer, about, payload) => peer.say(about, payload),
  },
  "keeps what it gets": {},
  "speaks and ends": {
    start: (peer, about, number) => {
      peer.say(about, greeting(number));
      peer.happen("LOCAL_END", { ...about, type: TYPE.connectionReset });
    },
  },
  "floods whoever comes": {
    start: (peer, about, number) => {
      for (let sent = 0; sent < FLOOD; sent += 1) peer.say(about, greeting(number));
    },
  },
};

/** The oldest format that a message can be of. */
const formatOf = ({ connectionId, serviceId }) => (connectionId ? "V3" : serviceId ? "V2" : "V1");

export class Peer {
  #table;
  #service;
  #onlyService;
  #states = new Map();
  #streams = new Map();
  #connections = new Map();
  #speaks;
  #queue = [];
  #inbox = [];
  #sent = [];
  #readsWhenSent = false;
  #started = 0;
  /** What the service got, by the number of its connection. */
  delivered = [];
  /** What happened to its WebSocket or its process; a source that behaves brings none of it about. */
  harm = [];

  /** `file` names the table; `format` is the one that the source speaks, which the reference proxy learns by a flag if it is V1. */
  constructor(file, service, format) {
    this.#table = new Table(file);
    this.#service = SERVICES[service];
    this.#onlyService = this.#table.isOfService && format === "V1" ? "SSH" : undefined;
    this.#speaks = this.#onlyService ? "V1" : this.#table.isOfService ? "V3" : "none";
  }

  /** A message has arrived. */
  receive(message) {
    this.#inbox.push(message);
  }

  get isBusy() {
    return this.#queue.length > 0 || this.#inbox.length > 0;
  }

  /** Acts on what has arrived, and gives the one message that is sent next, if one is. */
  act() {
    while (!this.#readsWhenSent && this.#inbox.length > 0) {
      const message = this.#inbox.shift();
      this.happen(NAMES[message.type], message);
    }
    // A message that is not sent takes no time.
    while (this.#sent.length === 0 && this.#queue.length > 0) {
      const message = this.#queue.shift();
      this.happen(`SEND_${NAMES[message.type]}`, message);
    }
    this.#readsWhenSent &&= this.#queue.length > 0;
    return this.#sent.splice(0);
  }

  happen(event, message) {
    const key = message.serviceId || this.#onlyService || "";
    const owner = this.#table.isOfService ? key : "";
    const name = `${key} ${message.connectionId ?? 0}`;
    const id = this.#streams.get(key);
    // A message that waits to be sent has no stream yet, or had one once: what counts is whether there is one.
    const isOfStream = id !== undefined && (id === message.streamId || event.startsWith("SEND_"));
    const facts = {
      stream: isOfStream ? "same" : "other",
      connection: !message.connectionId && this.#table.isOfService ? "absent" : this.#connections.has(name) ? "known" : "unknown",
      format: formatOf(message) === this.#speaks ? "same" : "other",
      speaks: this.#speaks,
      service: message.serviceId ? "named" : "unnamed",
    };
    const holds = (condition, value) => {
      // In a stream without ids its one connection is known, and its id is absent.
      if (condition === "connection" && value === "known") return this.#connections.has(name);
      if (facts[condition] === undefined) throw new Error(`there is no condition ${condition}`);
      return facts[condition] === value;
    };
    const { effects, next } = this.#table.row(this.#states.get(owner) ?? this.#table.open, event, holds);
    if (next !== undefined) this.#states.set(owner, next);
    for (const effect of effects) this.#act(effect, key, name, message);
  }

  #act(effect, key, name, message) {
    const stamped = () => ({ ...message, streamId: this.#streams.get(key) });
    switch (effect) {
      case "ignore": case "take-services": case "send-rest": case "drop-message": return;
      case "set-format": return void (this.#speaks = formatOf(message));
      case "speak-v2": return void (this.#speaks = this.#speaks === "V1" ? "V1" : "V2");
      case "adopt-stream": return void this.#streams.set(key, message.streamId);
      case "forget-stream": return void this.#streams.delete(key);
      case "forget-connections": case "end-all-connections": return this.#forget(key);
      case "start-connection": return this.#start(name, message);
      case "deliver": return this.#deliver(name, message);
      case "end-connection": return void this.#connections.delete(name);
      case "stamp-and-queue": return void this.#queue.push(stamped());
      case "queue": return void this.#queue.push({ ...message, streamId: 0 });
      case "stamp-and-send": return void this.#sent.push(message.streamId ? message : stamped());
      case "queue-connection-reset": return this.#queueEnd(TYPE.connectionReset, key, message);
      case "queue-stream-reset": return this.#queueEnd(TYPE.streamReset, key, message);
      case "read-on-when-sent": return void (this.#readsWhenSent = true);
      default: this.harm.push(effect);
    }
  }

  #forget(key) {
    for (const name of this.#connections.keys()) if (name.startsWith(`${key} `)) this.#connections.delete(name);
  }

  #queueEnd(type, key, { payload, ...message }) {
    this.#queue.push({ ...message, type, streamId: this.#table.isOfService ? this.#streams.get(key) : 0 });
  }

  #start(name, { payload, ...about }) {
    this.#started += 1;
    this.#connections.set(name, this.#started);
    this.delivered[this.#started] = Buffer.alloc(0);
    this.#service.start?.(this, about, this.#started);
  }

  #deliver(name, { payload, ...about }) {
    const number = this.#connections.get(name);
    if (number === undefined) return;
    this.delivered[number] = Buffer.concat([this.delivered[number], payload]);
    this.#service.data?.(this, about, payload);
  }

  /** The service sends bytes. */
  say(about, payload) {
    this.happen("LOCAL_DATA", { ...about, type: TYPE.data, payload });
  }
}
