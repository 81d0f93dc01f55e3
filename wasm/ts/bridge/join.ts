/** Two WebSockets as one: what comes out of the one goes into the other. */

import type { WebSocketLike } from "../connection/websocket.js";
import { MOVED_CODE } from "../subprotocol.js";

/** A WebSocket that may tell when bytes are sent, and may be dropped without a word. */
export interface End extends WebSocketLike {
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>, sent?: () => void): void;
  terminate?(): void;
}

/** What of a bridge's limits is one connection's. */
type JoinLimits = { [Name in "maxMessage" | "maxBuffered" | "pingInterval"]: number };

/** How a connection through a bridge ended: what the end that began it said. */
export interface Closed {
  by: "browser" | "service";
  code: number;
  reason: string;
}

const [GOING_AWAY, UNSUPPORTED_DATA, NO_CODE, ABNORMAL, POLICY_VIOLATION, TOO_BIG, FAILED, NO_TLS] = [
  1001, 1003, 1005, 1006, 1008, 1009, 1011, 1015,
];

const TOO_LONG = "the message is too long";

/** The state of a WebSocket that is not open yet. */
const CONNECTING = 0;

/** One end. */
class Side {
  other!: Side;
  isOpen = true;
  isAlive = true;
  isPaused = false;
  /** Bytes that wait for it to be open. */
  #early = 0;

  constructor(
    readonly name: Closed["by"],
    readonly socket: End,
  ) {}

  /** Bytes that wait to be sent. Not every engine tells. */
  get buffered(): number {
    return this.#early + (this.socket.bufferedAmount ?? 0);
  }

  send(bytes: Uint8Array<ArrayBuffer>, sent: () => void): void {
    if (this.socket.readyState !== CONNECTING) return this.socket.send(bytes, sent);
    this.#early += bytes.length;
    this.socket.addEventListener("open", () => {
      this.#early -= bytes.length;
      this.socket.send(bytes, sent);
    });
  }

  close(code: number, reason = ""): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (code === NO_CODE) return this.socket.close();
    try {
      this.socket.close(code, reason);
    } catch {
      // An engine's own WebSocket takes only 1000 and 3000 to 4999.
      this.socket.close(code + MOVED_CODE, reason);
    }
  }

  /** What the other end's close means here. */
  follow(code: number, reason: string): void {
    if (code === ABNORMAL || code === NO_TLS) this.giveUp();
    else if (this.name === "service" && code > MOVED_CODE + 1000 && code <= MOVED_CODE + NO_TLS) this.close(code - MOVED_CODE, reason);
    else this.close(code, reason);
  }

  /** The other end is gone, or broke a rule: it is not this one's fault. */
  giveUp(): void {
    this.close(this.name === "service" ? GOING_AWAY : FAILED);
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (isPaused) this.socket.pause?.();
    else this.socket.resume?.();
  }
}

/** Joins them until one ends, which ends the other. */
export function join(browser: End, service: End, limits: JoinLimits, closed: (how: Closed) => void): void {
  const { maxMessage, maxBuffered, pingInterval } = limits;
  const sides = [new Side("browser", browser), new Side("service", service)] as const;
  [sides[0].other, sides[1].other] = [sides[1], sides[0]];
  let isOver = false;
  const end = (how: Closed) => {
    if (isOver) return;
    isOver = true;
    clearInterval(pings);
    closed(how);
  };
  const breach = (side: Side, code: number, reason: string) => {
    side.close(code, reason);
    side.other.giveUp();
    end({ by: side.name, code, reason });
  };
  const pinged = sides.filter(({ socket }) => socket.ping !== undefined);
  const ping = () => {
    for (const side of pinged) {
      // The answer of one who is stopped may stand behind what is not read.
      if (side.isPaused) continue;
      if (!side.isAlive) side.socket.terminate?.();
      side.isAlive = false;
      side.socket.ping?.("");
    }
  };
  const pings = pinged.length > 0 ? setInterval(ping, pingInterval) : undefined;

  for (const side of sides) {
    const { socket, other } = side;
    if (socket.pause === undefined) socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      side.isAlive = true;
      if (!side.isOpen || !other.isOpen) return;
      if (typeof data === "string") return breach(side, UNSUPPORTED_DATA, "a tunnel takes binary messages only");
      const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array<ArrayBuffer>);
      if (bytes.length > maxMessage) return breach(side, TOO_BIG, TOO_LONG);
      other.send(bytes, () => {
        if (side.isPaused && other.buffered <= maxBuffered / 2) side.pause(false);
      });
      if (other.buffered <= maxBuffered) return;
      if (socket.pause !== undefined) side.pause(true);
      else breach(side, POLICY_VIOLATION, "the other end is too slow");
    });
    let failure = "";
    socket.addEventListener("error", ({ error, message = "" }: { error?: NodeJS.ErrnoException; message?: string }) => {
      // `ws` gives one no message that is too long, and tells the end with the code 1006.
      if (error?.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") breach(side, TOO_BIG, TOO_LONG);
      failure = message;
    });
    socket.addEventListener("close", ({ code, reason }) => {
      side.isOpen = false;
      other.follow(code, reason);
      end({ by: side.name, code, reason: reason || failure });
    });
    socket.on?.("pong", () => (side.isAlive = true));
  }
}

/** Does it once a WebSocket is open. */
export function whenOpen(socket: End, act: () => void): void {
  if (socket.readyState === CONNECTING) socket.addEventListener("open", act);
  else act();
}
