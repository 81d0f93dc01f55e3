/** Where one side of a tunnel stands: its token and its connection, as one state machine. */

import type { Side } from "iot-tunnel";
import { covers, type Entry } from "./entry.js";
import type { Tunnel } from "./tunnel.js";

/**
 * - `fresh`: has a token that nobody has used.
 * - `connected`: its peer has used the token, and its WebSocket is up.
 * - `away`: the token is used, its peer is not connected. Only who used it may come back, or a rotation gives a new one.
 * - `closed`: the tunnel is.
 */
export type SideState = "fresh" | "connected" | "away" | "closed";

/** What moves a side. */
export type Cause = "use" | "drop" | "return" | "rotation" | "end";

/** All that can happen to a side (control-plane.md, "A token's life"): who works out where one stands, and the diagram. */
export const TRANSITIONS: readonly { readonly from: SideState; readonly cause: Cause; readonly to: SideState }[] = [
  { from: "fresh", cause: "use", to: "connected" },
  { from: "connected", cause: "drop", to: "away" },
  { from: "away", cause: "return", to: "connected" },
  { from: "connected", cause: "rotation", to: "fresh" },
  { from: "away", cause: "rotation", to: "fresh" },
  { from: "fresh", cause: "end", to: "closed" },
  { from: "connected", cause: "end", to: "closed" },
  { from: "away", cause: "end", to: "closed" },
];

/** Where a side stands, and how it got there. */
export interface Standing {
  /** `undefined`: not connected, and nothing that is kept tells whether the token was used. */
  readonly state: SideState | undefined;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** What moved it last, and from where, if that is known. */
  readonly last?: { readonly from: SideState; readonly cause: Cause };
  /** Why somebody was refused since then. */
  readonly refusal?: string;
}

/** Works out where a side stands. The record says who is connected; what has happened, whether the token was used. */
export function standing(tunnel: Tunnel, side: Side, entries: readonly Entry[]): Standing {
  let now: Standing = { state: undefined, since: tunnel.createdAt };
  // A rotation or a successor ends a connection, which is told after the successor's beginning.
  let connections = 0;
  for (const entry of entries) {
    if (entry.what === "opened") now = { state: "fresh", since: entry.at };
    else if (entry.what === "rotated" && covers(entry.clientMode, side)) now = move(now, "rotation", entry.at);
    else if (entry.what === "closed" || entry.what === "expired") now = move(now, "end", entry.at);
    else if (!("side" in entry) || entry.side !== side) continue;
    else if (entry.what === "refused") now = { ...now, refusal: entry.reason };
    else if (entry.what === "connected") {
      connections += 1;
      now = move(now, now.state === "away" ? "return" : "use", entry.at);
    } else if (entry.what === "disconnected") {
      connections = Math.max(0, connections - 1);
      if (connections === 0) now = move(now, "drop", entry.at);
    }
  }
  return agree(now, tunnel, side);
}

/** What the record says counts, where what is kept tells something else or nothing. */
function agree(now: Standing, tunnel: Tunnel, side: Side): Standing {
  const { connected, since } = tunnel.ends[side];
  if (!tunnel.open) return move(now, "end", since);
  if (connected) return now.state === "connected" ? now : { state: "connected", since };
  return move(now, "drop", since);
}

/** Where a cause leads from a state that is not known. */
const LEADS: Partial<Record<Cause, SideState>> = { use: "connected", rotation: "fresh", end: "closed" };

/** The next standing; the same if nothing leads on from there. */
function move(now: Standing, cause: Cause, at: number): Standing {
  if (now.state === undefined) return cause in LEADS ? { state: LEADS[cause], since: at } : now;
  const taken = TRANSITIONS.find((transition) => transition.from === now.state && transition.cause === cause);
  return taken === undefined ? now : { state: taken.to, since: at, last: { from: taken.from, cause } };
}
