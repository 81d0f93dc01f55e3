/** The list of tunnels. */

import type { Side } from "iot-tunnel";
import { busy } from "./busy.js";
import { copyOf, part, say } from "./dom.js";
import { eachSecond, showLifetime } from "./lifetime.js";
import { titleOf, type Tunnel } from "./tunnel.js";
import type { Tunnels } from "./tunnels.js";

const SIDES: readonly Side[] = ["source", "destination"];

/** Where a tunnel's view is. */
export function addressOf(id: string): string {
  return `#/${encodeURIComponent(id)}`;
}

/** The list, newest first, open ones unless more is asked for. */
export class ListView {
  readonly #tunnels: Tunnels;
  readonly #list = part(document, "list", HTMLUListElement);
  readonly #none = part(document, "none", HTMLElement);
  readonly #more = part(document, "more", HTMLButtonElement);
  readonly #showClosed = part(document, "show-closed", HTMLInputElement);
  readonly #find = part(document, "find", HTMLInputElement);
  readonly #findField = part(document, "find-field", HTMLElement);
  readonly #rows = new Map<string, HTMLElement>();
  #chosen: string | undefined;

  constructor(tunnels: Tunnels) {
    this.#tunnels = tunnels;
    tunnels.addEventListener("change", () => this.#follow());
    this.#showClosed.addEventListener("change", () => this.#follow());
    this.#find.addEventListener("input", () => this.#follow());
    this.#more.addEventListener("click", () => void busy(tunnels.loadMore(), this.#more));
    eachSecond(() => this.#tick(), new AbortController().signal);
  }

  /** Marks the tunnel that is shown. */
  choose(id: string | undefined): void {
    this.#chosen = id;
    this.#follow();
  }

  /** Brings a tunnel's row into sight, if it has one. */
  reveal(id: string): HTMLAnchorElement | undefined {
    const row = this.#rows.get(id);
    row?.scrollIntoView({ block: "nearest" });
    return row && part(row, "link", HTMLAnchorElement);
  }

  /** The row at the top, if there is one. */
  get first(): HTMLAnchorElement | undefined {
    const row = this.#list.firstElementChild;
    return row === null ? undefined : part(row, "link", HTMLAnchorElement);
  }

  get #visible(): readonly Tunnel[] {
    const wanted = this.#find.value.trim().toLowerCase();
    const isVisible = (tunnel: Tunnel): boolean =>
      (tunnel.open || this.#showClosed.checked || tunnel.id === this.#chosen) && fits(tunnel, wanted);
    return this.#tunnels.all.filter(isVisible);
  }

  #follow(): void {
    const visible = this.#visible;
    for (const id of [...this.#rows.keys()]) if (!visible.some((tunnel) => tunnel.id === id)) this.#remove(id);
    for (const [index, tunnel] of visible.entries()) {
      const row = this.#rows.get(tunnel.id) ?? this.#add(tunnel);
      // Moving an element would take the keyboard from it.
      if (this.#list.children[index] !== row) this.#list.insertBefore(row, this.#list.children[index] ?? null);
      this.#show(row, tunnel);
    }
    this.#none.hidden = visible.length > 0;
    if (this.#tunnels.loaded) say(this.#none, this.#whyNone);
    this.#findField.hidden = this.#tunnels.all.length === 0;
    this.#more.hidden = !this.#tunnels.hasMore;
  }

  get #whyNone(): string {
    if (this.#tunnels.all.length === 0) return "There is no tunnel yet.";
    if (this.#find.value.trim() !== "") return "No tunnel fits.";
    return "No tunnel is open.";
  }

  #add(tunnel: Tunnel): HTMLElement {
    const row = copyOf("row-template", HTMLElement);
    part(row, "link", HTMLAnchorElement).href = addressOf(tunnel.id);
    this.#rows.set(tunnel.id, row);
    return row;
  }

  #remove(id: string): void {
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
  }

  #show(row: HTMLElement, tunnel: Tunnel): void {
    const link = part(row, "link", HTMLAnchorElement);
    if (tunnel.id === this.#chosen) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    row.dataset["state"] = tunnel.open ? "open" : "closed";
    say(part(row, "title", HTMLElement), titleOf(tunnel));
    say(part(row, "services", HTMLElement), tunnel.services.join(", "));
    for (const side of SIDES) {
      const mark = part(row, side, HTMLElement);
      const state = tunnel.ends[side].connected ? "connected" : "disconnected";
      mark.dataset["state"] = state;
      // The mark before it is a colour and a shape; this is for who sees neither.
      mark.setAttribute("aria-label", `${side} ${state}`);
      mark.setAttribute("role", "img");
    }
    this.#showLeft(row, tunnel);
  }

  #tick(): void {
    for (const [id, row] of this.#rows) {
      const tunnel = this.#tunnels.get(id);
      if (tunnel !== undefined) this.#showLeft(row, tunnel);
    }
  }

  #showLeft(row: HTMLElement, tunnel: Tunnel): void {
    const left = part(row, "left", HTMLElement);
    showLifetime(tunnel, part(row, "bar", HTMLMeterElement), left);
    // The bar says it already to who cannot see either.
    left.setAttribute("aria-hidden", String(tunnel.open));
  }
}

/** Whether a tunnel is one of those that a person looks for, by whatever it is called. */
function fits({ id, description, thingName, services }: Tunnel, wanted: string): boolean {
  return [id, description, thingName, ...services].some((name) => name?.toLowerCase().includes(wanted));
}
