/** The other end of a connection, without a copy of its own: what an engine has in the place of a WebSocket. */

/** What every kind has: the protocol it speaks, and what was sent through it. */
class End {
  protocol = "aws.iot.securetunneling-3.0";
  /** Bytes that were sent, and their sum: read one by one, as the engine would. */
  sent = 0;
  sum = 0;

  take(bytes) {
    this.sent += bytes.length;
    for (let at = 0; at < bytes.length; at += 1) this.sum += bytes[at];
  }
}

/** As a browser has it. */
class BrowserSocket extends End {
  static latest;
  bufferedAmount = 0;
  listeners = {};

  constructor() {
    super();
    BrowserSocket.latest = this;
  }

  addEventListener(type, listener) {
    this.listeners[type] = listener;
  }

  /** The engine takes its own copy within this call: nobody else needs one. */
  send(bytes) {
    this.take(bytes);
  }

  close() {}

  open() {
    this.listeners.open();
  }

  deliver({ buffer }) {
    this.listeners.message({ data: buffer });
  }
}

/** As `ws` has it: it can be stopped, and it keeps what it is given until that is sent. */
class NodeSocket extends BrowserSocket {
  on() {}
  ping() {}
  pause() {}
  resume() {}

  deliver({ buffer }) {
    this.listeners.message({ data: Buffer.from(buffer) });
  }
}

/** Each kind, and whether it needs a copy of what is sent. */
export const ENDS = {
  "a browser's WebSocket": { End: BrowserSocket, keeps: false, options: { WebSocket: BrowserSocket, tokenIn: "subprotocol" } },
  "the WebSocket of ws": { End: NodeSocket, keeps: true, options: { WebSocket: NodeSocket, tokenIn: "header" } },
};
