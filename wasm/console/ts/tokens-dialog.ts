/** New tokens, shown once: with buttons to copy them, and hidden again after a while. */

import { announce } from "./announce.js";
import { byId, copyOf, part, say, sayOrHide } from "./dom.js";

/** How long tokens stay in sight, in seconds; a person can have the time again. */
const SHOWN_SECONDS = 60;

/** A token to be shown. */
export interface Shown {
  readonly name: string;
  readonly token: string;
  /** What happened to it already. */
  readonly note?: string;
}

/** The dialog. After it has hidden them, no token is in the page. */
export class TokensDialog {
  readonly #dialog = byId("tokens-dialog", HTMLDialogElement);
  readonly #tokens = part(this.#dialog, "tokens", HTMLElement);
  readonly #countdown = part(this.#dialog, "countdown", HTMLElement);
  readonly #hidden = part(this.#dialog, "hidden", HTMLElement);
  readonly #connect = part(this.#dialog, "connect", HTMLButtonElement);
  readonly #done = part(this.#dialog, "done", HTMLButtonElement);
  #left = 0;
  #timer = 0;
  #use: (() => void) | undefined;

  constructor() {
    const on = (name: string, act: () => void): void => {
      part(this.#dialog, name, HTMLButtonElement).addEventListener("click", act);
    };
    on("longer", () => this.#stayFor(SHOWN_SECONDS));
    on("hide", () => this.#hide());
    on("done", () => this.#dialog.close());
    on("connect", () => {
      const use = this.#use;
      this.#dialog.close();
      use?.();
    });
    this.#dialog.addEventListener("close", () => this.#hide());
  }

  /** Shows tokens. `connect` uses the source's from here. */
  show(title: string, tokens: readonly Shown[], connect?: () => void): void {
    say(part(this.#dialog, "title", HTMLElement), title);
    this.#tokens.replaceChildren(...tokens.map(element));
    this.#use = connect;
    this.#connect.hidden = connect === undefined;
    this.#countdown.hidden = false;
    say(this.#hidden, "");
    this.#stayFor(SHOWN_SECONDS);
    this.#dialog.showModal();
  }

  #stayFor(seconds: number): void {
    clearInterval(this.#timer);
    this.#left = seconds;
    this.#timer = window.setInterval(() => this.#tick(), 1000);
    this.#showLeft();
  }

  #tick(): void {
    this.#left -= 1;
    if (this.#left <= 0) this.#hide();
    else this.#showLeft();
  }

  #showLeft(): void {
    const time = part(this.#countdown, "time", HTMLProgressElement);
    time.max = SHOWN_SECONDS;
    time.value = this.#left;
    say(part(this.#countdown, "seconds", HTMLElement), `Hidden in ${this.#left} s`);
  }

  #hide(): void {
    clearInterval(this.#timer);
    if (this.#countdown.hidden) return;
    const hadFocus = this.#dialog.contains(document.activeElement);
    this.#tokens.replaceChildren();
    this.#countdown.hidden = true;
    this.#connect.hidden = true;
    this.#use = undefined;
    say(this.#hidden, "Hidden. A lost token is replaced by a rotation.");
    if (hadFocus && this.#dialog.open) this.#done.focus();
  }
}

function element({ name, token, note }: Shown): HTMLElement {
  const element = copyOf("token-template", HTMLElement);
  element.setAttribute("aria-label", name);
  say(part(element, "name", HTMLElement), name);
  sayOrHide(part(element, "note", HTMLElement), note);
  const value = part(element, "value", HTMLElement);
  value.textContent = token;
  const copy = part(element, "copy", HTMLButtonElement);
  copy.setAttribute("aria-label", `Copy the ${name.toLowerCase()}`);
  copy.addEventListener("click", () => void copyToken(token, value, copy));
  return element;
}

async function copyToken(token: string, value: HTMLElement, button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(token);
    say(button, "Copied");
    announce("Copied");
  } catch {
    // A page that came over plain HTTP from another machine has no clipboard: then a person copies it.
    getSelection()?.selectAllChildren(value);
    say(button, "Selected");
    announce("The browser does not let the page copy. The token is selected: copy it by hand.");
  }
}
