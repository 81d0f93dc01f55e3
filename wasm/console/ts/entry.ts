/** One thing that has happened to a tunnel, as the service tells it. */

import type { ClientMode, Side } from "iot-tunnel";

interface Happened {
  /** Rises by one from entry to entry within one start of the service. */
  readonly number: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly tunnelId: string;
}

/** What has happened, and to which tunnel. */
export type Entry = Happened &
  (
    | { readonly what: "opened" | "notified" }
    | { readonly what: "rotated"; readonly clientMode: ClientMode }
    | { readonly what: "closed" | "expired"; readonly deleted: boolean }
    | { readonly what: "connected"; readonly side: Side }
    | { readonly what: "refused" | "disconnected"; readonly side: Side; readonly reason: string }
  );

const KINDS = ["opened", "notified", "rotated", "closed", "expired", "connected", "refused", "disconnected"];

/** Reads an entry; nothing if it is of a kind that this page does not know. */
export function parseEntry(json: string): Entry | undefined {
  const entry = JSON.parse(json) as Entry;
  return KINDS.includes(entry.what) ? entry : undefined;
}

/** Whether a rotation in that mode gives that side a new token. */
export function covers(mode: ClientMode, side: Side): boolean {
  return mode === "ALL" || mode.toLowerCase() === side;
}

const SIDES: Record<Side, string> = { source: "Source", destination: "Destination" };
const MODES: Record<ClientMode, string> = { SOURCE: "the source’s token", DESTINATION: "the destination’s token", ALL: "both tokens" };

/** The entry in words: what happened, and why. */
export function words(entry: Entry): { readonly what: string; readonly why?: string } {
  switch (entry.what) {
    case "opened":
      return { what: "Opened, with a token for each side" };
    case "notified":
      return { what: "Device told its token over MQTT" };
    case "rotated":
      return { what: `Rotated ${MODES[entry.clientMode]}` };
    case "closed":
      return { what: entry.deleted ? "Closed and deleted" : "Closed" };
    case "expired":
      return { what: entry.deleted ? "Deleted: closed long enough ago" : "Expired: its lifetime is over" };
    case "connected":
      return { what: `${SIDES[entry.side]} used its token and connected` };
    case "refused":
      return { what: `${SIDES[entry.side]} refused`, why: entry.reason };
    case "disconnected":
      return { what: `${SIDES[entry.side]} disconnected`, why: entry.reason };
  }
}
