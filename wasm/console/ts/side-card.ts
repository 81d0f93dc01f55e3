/** One side of a tunnel: where it stands in words, and as a picture. */

import type { Side } from "iot-tunnel";
import { Diagram } from "./diagram.js";
import { part, say, sayOrHide } from "./dom.js";
import { timeOfDay } from "./lifetime.js";
import type { SideState, Standing } from "./side-state.js";

const WORDS: Record<SideState, string> = {
  fresh: "Its token is ready and was not used yet",
  connected: "Connected",
  away: "Not connected; its token is used",
  closed: "Closed",
};
const UNKNOWN = "Not connected";

const NAMES: Record<Side, string> = { source: "Source", destination: "Destination" };

/** The card. */
export class SideCard {
  readonly #card: HTMLElement;
  readonly #diagram: Diagram;

  constructor(root: ParentNode, side: Side) {
    this.#card = part(root, side, HTMLElement);
    this.#diagram = new Diagram(NAMES[side]);
    part(this.#card, "diagram", HTMLElement).append(this.#diagram.element);
  }

  show(standing: Standing): void {
    const { state, since, refusal } = standing;
    this.#card.dataset["state"] = state ?? "unknown";
    say(part(this.#card, "words", HTMLElement), `${state === undefined ? UNKNOWN : WORDS[state]}, since ${timeOfDay(since)}`);
    sayOrHide(part(this.#card, "refusal", HTMLElement), refusal === undefined ? undefined : `Refused since then: ${refusal}`);
    this.#diagram.show(standing);
  }
}
