/** What has happened to a tunnel, newest first. */

import { make } from "./dom.js";
import { words, type Entry } from "./entry.js";
import { timeOfDay } from "./lifetime.js";

/** Shows entries in a list, adding only what is new to it. */
export class Timeline {
  readonly #list: HTMLOListElement;
  readonly #none: HTMLElement;
  #last: Entry | undefined;

  constructor(list: HTMLOListElement, none: HTMLElement) {
    this.#list = list;
    this.#none = none;
  }

  /** Shows these, of which those that were shown before come first. */
  show(entries: readonly Entry[]): void {
    const shown = this.#last === undefined ? 0 : entries.lastIndexOf(this.#last) + 1;
    for (const entry of entries.slice(shown)) this.#list.prepend(item(entry));
    // Those that are kept no longer.
    while (this.#list.childElementCount > entries.length) this.#list.lastElementChild?.remove();
    this.#last = entries.at(-1);
    this.#none.hidden = entries.length > 0;
    this.#list.hidden = entries.length === 0;
  }
}

function item(entry: Entry): HTMLLIElement {
  const { what, why } = words(entry);
  const item = make("li", `entry ${entry.what}`);
  const time = make("time", "", timeOfDay(entry.at));
  time.dateTime = new Date(entry.at).toISOString();
  const text = make("p", "", what);
  if (why !== undefined) text.append(make("span", "why", why));
  item.append(time, text);
  return item;
}
