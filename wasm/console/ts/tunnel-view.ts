/** A tunnel in full. */

import type { Side } from "iot-tunnel";
import { copyOf, make, part, say } from "./dom.js";
import { Here } from "./here.js";
import { eachSecond, showLifetime, timeOfDay } from "./lifetime.js";
import { SideCard } from "./side-card.js";
import { standing } from "./side-state.js";
import { Timeline } from "./timeline.js";
import { titleOf, type Tunnel } from "./tunnel.js";
import type { Tunnels } from "./tunnels.js";

const SIDES: readonly Side[] = ["source", "destination"];

/** What a person can ask for. */
export interface Actions {
  rotate(tunnel: Tunnel): void;
  connect(tunnel: Tunnel): void;
  close(tunnel: Tunnel): void;
}

/** The view of one tunnel. It is kept while another one is shown, and with it what its terminal showed. */
export class TunnelView {
  readonly element = copyOf("tunnel-template", HTMLElement);
  readonly #tunnels: Tunnels;
  readonly #cards: Readonly<Record<Side, SideCard>>;
  readonly #timeline: Timeline;
  readonly #over = new AbortController();
  #tunnel: Tunnel;
  #here: Here | undefined;

  constructor(tunnels: Tunnels, tunnel: Tunnel, actions: Actions) {
    this.#tunnels = tunnels;
    this.#tunnel = tunnel;
    this.#cards = { source: new SideCard(this.element, "source"), destination: new SideCard(this.element, "destination") };
    this.#timeline = new Timeline(part(this.element, "timeline", HTMLOListElement), part(this.element, "no-history", HTMLElement));
    for (const name of ["rotate", "connect", "close"] as const) {
      this.#button(name).addEventListener("click", () => actions[name](this.#tunnel));
    }
    tunnels.addEventListener("change", () => this.#follow(), { signal: this.#over.signal });
    eachSecond(() => this.#tick(), this.#over.signal);
    this.#follow();
  }

  /** Becomes the source with that token. */
  connect(sourceAccessToken: string): void {
    if (this.#here === undefined) {
      this.#here = new Here(part(this.element, "here", HTMLElement), this.#tunnels, this.#tunnel.id);
      this.#here.addEventListener("change", () => this.#offer());
    }
    this.#here.connect(sourceAccessToken);
    this.#offer();
    this.#here.focus();
  }

  /** Hands on a source token of a rotation, if this browser is the source. */
  handOn(sourceAccessToken: string): boolean {
    if (this.#here === undefined || !this.#here.isInUse) return false;
    this.#here.take(sourceAccessToken);
    return true;
  }

  /** The tunnel is gone for good. */
  end(): void {
    this.#over.abort();
    this.#here?.end();
  }

  #follow(): void {
    const tunnel = this.#tunnels.get(this.#tunnel.id);
    if (tunnel === undefined) return;
    this.#tunnel = tunnel;
    const entries = this.#tunnels.entriesOf(tunnel.id);
    say(part(this.element, "title", HTMLElement), titleOf(tunnel));
    const status = part(this.element, "status", HTMLElement);
    status.dataset["state"] = tunnel.open ? "open" : "closed";
    say(status, tunnel.open ? "Open" : "Closed");
    part(this.element, "lifetime", HTMLElement).hidden = !tunnel.open;
    this.#showFacts(tunnel);
    for (const side of SIDES) this.#cards[side].show(standing(tunnel, side, entries));
    this.#timeline.show(entries);
    this.#offer();
    this.#tick();
  }

  #showFacts(tunnel: Tunnel): void {
    const facts: [name: string, value: string][] = [
      ["Id", tunnel.id],
      ["Thing", tunnel.thingName ?? "none"],
      ["Services", tunnel.services.join(", ") || "none"],
      ["Opened", timeOfDay(tunnel.createdAt)],
      ["Ends", timeOfDay(tunnel.endsAt)],
    ];
    const list = part(this.element, "facts", HTMLElement);
    const said = JSON.stringify(facts);
    if (list.dataset["said"] === said) return;
    list.dataset["said"] = said;
    list.replaceChildren(
      ...facts.map(([name, value]) => {
        const fact = make("div");
        fact.append(make("dt", "", name), make("dd", "", value));
        return fact;
      }),
    );
  }

  /** What can be done with it now. */
  #offer(): void {
    this.#button("rotate").disabled = !this.#tunnel.open;
    this.#button("connect").disabled = !this.#tunnel.open;
    this.#button("connect").hidden = this.#here?.needsToken === false;
    say(this.#button("close"), this.#tunnel.open ? "Close…" : "Delete…");
  }

  #tick(): void {
    showLifetime(this.#tunnel, part(this.element, "bar", HTMLMeterElement), part(this.element, "left", HTMLElement));
  }

  #button(name: "rotate" | "connect" | "close"): HTMLButtonElement {
    return part(this.element, name, HTMLButtonElement);
  }
}
