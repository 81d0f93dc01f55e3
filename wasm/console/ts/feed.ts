/** The service's events as they come, and whether they come. */

import { parseEntry, type Entry } from "./entry.js";

/**
 * - `live`: events come.
 * - `lost`: the service does not answer; the browser tries again.
 * - `locked`: it answers, but this page's cookie is of another start.
 */
export type FeedState = "live" | "lost" | "locked";

/** How long a page that is cut off waits before it looks again, in milliseconds; a person who comes back shortens it. */
const LOOK_AGAIN_MS = 2000;

/**
 * Fires `entry` (an {@link EntryEvent}) and `statechange`.
 *
 * A browser comes back by itself to a service that went on, and says what it saw last. A service that started again
 * refuses it: then this waits for the cookie of the new start, which the new link sets in any tab of the browser.
 */
export class Feed extends EventTarget {
  #state: FeedState = "lost";
  #source: EventSource | undefined;
  #timer = 0;

  get state(): FeedState {
    return this.#state;
  }

  /** Begins. */
  start(): void {
    document.addEventListener("visibilitychange", () => this.#cameBack());
    window.addEventListener("focus", () => this.#cameBack());
    this.#listen();
  }

  /** Some other request found the page locked out. */
  lock(): void {
    this.#source?.close();
    this.#waitFor("locked");
  }

  #cameBack(): void {
    if (this.#source === undefined && document.visibilityState === "visible") void this.#look();
  }

  #listen(): void {
    const source = new EventSource("events");
    this.#source = source;
    let wasOpen = false;
    source.addEventListener("open", () => {
      wasOpen = true;
      this.#become("live");
    });
    source.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const entry = parseEntry(data);
      if (entry !== undefined) this.dispatchEvent(new EntryEvent(entry));
    });
    source.addEventListener("error", () => {
      this.#become("lost");
      // Otherwise the browser is at it again already.
      if (source.readyState !== EventSource.CLOSED) return;
      if (wasOpen) void this.#look();
      else this.#waitFor("lost");
    });
  }

  /** Asks whether the page may come in. */
  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#source = undefined;
    const status = await fetch("./", { method: "GET", redirect: "manual" }).then(
      ({ status }) => status,
      () => 0,
    );
    if (this.#source !== undefined) return;
    if (status === 200) this.#listen();
    else this.#waitFor(status === 401 ? "locked" : "lost");
  }

  #waitFor(state: FeedState): void {
    this.#source = undefined;
    this.#become(state);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#look(), LOOK_AGAIN_MS);
  }

  #become(state: FeedState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

/** Something has happened. */
export class EntryEvent extends Event {
  readonly entry: Entry;

  constructor(entry: Entry) {
    super("entry");
    this.entry = entry;
  }
}
