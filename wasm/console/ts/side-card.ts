/** One side of a tunnel: where it stands in words, and as a picture. */

import type { Side } from "iot-tunnel";
import { errorOf } from "iot-tunnel/errors";
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

/** AccessTokenRevoked: what the service says to a token that is older than the last rotation. */
const REVOKED = errorOf(204)?.message;

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
    // Who is cut off by a rotation tries the old token once more; that is how every rotation ends.
    const isExpected = state === "connected" && refusal === REVOKED;
    const shown = part(this.#card, "refusal", HTMLElement);
    shown.dataset["expected"] = String(isExpected);
    if (refusal === undefined) sayOrHide(shown, undefined);
    else sayOrHide(shown, isExpected ? "The old token was tried once more, and refused" : `Refused since then: ${refusal}`);
    this.#diagram.show(standing);
  }
}
