/** Progress for what takes longer than a blink. */

import { part } from "./dom.js";

/** What is done within this time needs no sign, which would only flicker. */
const BLINK_MS = 150;

let waiting = 0;

/** Waits for `work`, and shows that; a button that began it cannot be pressed meanwhile. */
export async function busy<T>(work: Promise<T>, button?: HTMLButtonElement): Promise<T> {
  const bar = part(document, "loading", HTMLProgressElement);
  waiting += 1;
  button?.setAttribute("aria-disabled", "true");
  const timer = window.setTimeout(() => {
    bar.hidden = false;
    button?.setAttribute("aria-busy", "true");
  }, BLINK_MS);
  try {
    return await work;
  } finally {
    waiting -= 1;
    clearTimeout(timer);
    if (waiting === 0) bar.hidden = true;
    button?.removeAttribute("aria-busy");
    button?.removeAttribute("aria-disabled");
  }
}

/** Whether a button waits for what it began. */
export function isBusy(button: HTMLButtonElement): boolean {
  return button.getAttribute("aria-disabled") === "true";
}
