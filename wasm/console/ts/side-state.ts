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

/** All that can happen to a side (control-plane.md, "A token's life"); the diagram is drawn from it. */
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
  let state: SideState | undefined;
  let since = tunnel.createdAt;
  let last: Standing["last"];
  let refusal: string | undefined;
  // A rotation or a successor ends a connection, which is told after the successor's beginning.
  let connections = 0;

  const move = (cause: Cause | undefined, to: SideState, at: number): void => {
    const from = state;
    if (from === to) return;
    state = to;
    since = at;
    last = from !== undefined && cause !== undefined ? { from, cause } : undefined;
    refusal = undefined;
  };

  for (const entry of entries) {
    if (entry.what === "opened") move(undefined, "fresh", entry.at);
    else if (entry.what === "rotated" && covers(entry.clientMode, side)) move("rotation", "fresh", entry.at);
    else if (entry.what === "closed" || entry.what === "expired") move("end", "closed", entry.at);
    else if (!("side" in entry) || entry.side !== side) continue;
    else if (entry.what === "refused") refusal = entry.reason;
    else if (entry.what === "connected") {
      connections += 1;
      move(state === "away" ? "return" : "use", "connected", entry.at);
    } else if (entry.what === "disconnected") {
      connections = Math.max(0, connections - 1);
      if (connections === 0 && state === "connected") move("drop", "away", entry.at);
    }
  }

  const { connected, since: changed } = tunnel.ends[side];
  if (!tunnel.open) move("end", "closed", changed);
  else if (connected) move(undefined, "connected", changed);
  else if (state === "connected") move("drop", "away", changed);
  return { state, since, ...(last && { last }), ...(refusal !== undefined && { refusal }) };
}
