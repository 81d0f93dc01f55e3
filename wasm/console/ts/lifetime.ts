/** How long a tunnel has left, in words and as a bar; both move by themselves. */

import { serviceTime } from "./api.js";
import { say } from "./dom.js";
import type { Tunnel } from "./tunnel.js";

const MINUTE_MS = 60_000;

/** Below this share of its lifetime a tunnel is about to end: the bar says so by its colour. */
const LOW_SHARE = 0.15;

/** Shows in a bar and in words what a tunnel has left now. */
export function showLifetime(tunnel: Tunnel, bar: HTMLMeterElement, text: HTMLElement): void {
  const whole = tunnel.endsAt - tunnel.createdAt;
  const left = tunnel.open ? Math.max(0, tunnel.endsAt - serviceTime()) : 0;
  bar.max = whole;
  bar.low = whole * LOW_SHARE;
  bar.optimum = whole;
  bar.value = left;
  bar.hidden = !tunnel.open;
  const said = tunnel.open ? remaining(left) : "closed";
  bar.setAttribute("aria-valuetext", said);
  say(text, said);
}

/** A span as a person says it: the last minute by the second. */
function remaining(ms: number): string {
  if (ms <= 0) return "ending now";
  if (ms < MINUTE_MS) return `${Math.ceil(ms / 1000)} s left`;
  const minutes = Math.floor(ms / MINUTE_MS);
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min left` : `${hours} h ${minutes % 60} min left`;
}

/** When something happened: the time of day, in one piece, with the date if that is another one. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString().replaceAll(" ", "\u00a0");
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? time : `${date.toLocaleDateString()} ${time}`;
}

const ticking = new Set<() => void>();

/** Calls `tick` each second until `signal` says no more. */
export function eachSecond(tick: () => void, signal: AbortSignal): void {
  if (ticking.size === 0) window.setInterval(() => ticking.forEach((tick) => tick()), 1000);
  ticking.add(tick);
  signal.addEventListener("abort", () => ticking.delete(tick));
}
