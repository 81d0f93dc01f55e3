/** A small plot of what came last, with the same in words. */

import { make, say } from "./dom.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 56;

/** One curve. */
export interface Curve {
  /** Its name in the words, and its class in the picture. */
  readonly name: string;
  readonly values: readonly number[];
}

/** Draws curves over the same axis: from nothing to the highest of all. */
export class Plot {
  readonly #picture = document.createElementNS(NAMESPACE, "svg");
  readonly #words = make("p", "plot-words");
  readonly #width: number;

  /** `width` is how many values fit. */
  constructor(place: HTMLElement, width: number) {
    this.#width = width;
    this.#picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.#picture.setAttribute("preserveAspectRatio", "none");
    this.#picture.setAttribute("class", "plot");
    // The words say all of it.
    this.#picture.setAttribute("aria-hidden", "true");
    place.append(this.#picture, this.#words);
  }

  /** Shows these curves, and says those words. */
  show(curves: readonly Curve[], words: string): void {
    const highest = Math.max(1, ...curves.flatMap(({ values }) => values));
    const paths = curves.map(({ name, values }) => {
      const path = document.createElementNS(NAMESPACE, "path");
      path.setAttribute("class", `curve ${name}`);
      path.setAttribute("d", this.#line(values, highest));
      path.setAttribute("vector-effect", "non-scaling-stroke");
      return path;
    });
    this.#picture.replaceChildren(...paths);
    say(this.#words, words);
  }

  /** The newest value stands at the right edge. */
  #line(values: readonly number[], highest: number): string {
    const step = WIDTH / (this.#width - 1);
    const points = values.map((value, index) => {
      const x = WIDTH - (values.length - 1 - index) * step;
      const y = HEIGHT - 2 - (value / highest) * (HEIGHT - 4);
      return `${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    // A single value is a dot.
    return points.length === 0 ? "" : `M${points.join("L")}${points.length === 1 ? "h0" : ""}`;
  }
}
