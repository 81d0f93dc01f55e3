/** A small plot of what came last, with the same in words. */

import { make, say } from "./dom.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 56;
/** What is left free around the curves: half a dot. */
const INSET = 4;

/** One curve. */
export interface Curve {
  /** Its class in the picture. */
  readonly name: string;
  readonly values: readonly number[];
  /** Whether each value is a dot, without a line between them. */
  readonly dots?: boolean;
}

/** What a plot shows besides its curves. */
export interface PlotWords {
  /** The highest value, beside the line where it would stand. */
  readonly highest: string;
  /** All of it, in a sentence. */
  readonly all: string;
}

/** Draws curves over the same axis: from nothing to the highest of all. */
export class Plot {
  readonly #picture = document.createElementNS(NAMESPACE, "svg");
  readonly #highest = make("span", "plot-highest");
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
    this.#highest.setAttribute("aria-hidden", "true");
    place.append(this.#highest, this.#picture, this.#words);
  }

  /** Shows these curves, and says those words. */
  show(curves: readonly Curve[], words: PlotWords): void {
    const highest = Math.max(1, ...curves.flatMap(({ values }) => values));
    const paths = curves.map(({ name, values, dots = false }) => {
      const path = document.createElementNS(NAMESPACE, "path");
      path.setAttribute("class", `curve ${name}`);
      path.setAttribute("d", this.#line(values, highest, dots ? "h0M" : "L"));
      path.setAttribute("vector-effect", "non-scaling-stroke");
      return path;
    });
    this.#picture.replaceChildren(...paths);
    say(this.#highest, words.highest);
    say(this.#words, words.all);
  }

  /** The newest value stands at the right edge. */
  #line(values: readonly number[], highest: number, between: string): string {
    const step = (WIDTH - 2 * INSET) / (this.#width - 1);
    const points = values.map((value, index) => {
      const x = WIDTH - INSET - (values.length - 1 - index) * step;
      const y = HEIGHT - INSET - (value / highest) * (HEIGHT - 2 * INSET);
      return `${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    // A single value is a dot.
    return points.length === 0 ? "" : `M${points.join(between)}h0`;
  }
}
