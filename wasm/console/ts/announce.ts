/** What a screen reader says without being asked, and what stands above everything else until it is over. */

import { make, part } from "./dom.js";

/** Has a sentence said. */
export function announce(text: string): void {
  const announcer = part(document, "announcer", HTMLElement);
  // The same sentence twice is news twice: an element of its own is always a change.
  announcer.replaceChildren(make("p", "", text));
}

/** Shows a notice while something lasts, by its name; without a text, takes it away. */
export function notice(name: string, text: string | undefined): void {
  const notices = part(document, "notices", HTMLElement);
  const shown = notices.querySelector<HTMLElement>(`[data-notice="${name}"]`);
  if (text === undefined) return shown?.remove();
  if (shown !== null) {
    if (shown.textContent !== text) shown.textContent = text;
    return;
  }
  const element = make("p", "notice", text);
  element.dataset["notice"] = name;
  notices.append(element);
}
