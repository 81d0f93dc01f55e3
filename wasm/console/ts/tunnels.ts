/** The tunnels that the page knows, and what has happened to them. */

import type { Entry } from "./entry.js";
import { ApiError, call, LockedError } from "./api.js";
import { EntryEvent, type Feed } from "./feed.js";
import { describe, type Tunnel } from "./tunnel.js";

/** How many tunnels are read at a time: each is a request of its own. */
const PAGE = 25;
/** A tunnel that is being asked for. */
interface Asking {
  /** Whether it has changed since. */
  again: boolean;
  done: Promise<void>;
}

/** How many entries of a tunnel are kept: as many as the service keeps of all. */
const KEPT = 1000;

/** Fires `change` when a tunnel or the list has changed, and `entry` (an {@link EntryEvent}) for what happens from now on. */
export class Tunnels extends EventTarget {
  readonly #feed: Feed;
  readonly #known = new Map<string, Tunnel>();
  readonly #entries = new Map<string, Entry[]>();
  readonly #asking = new Map<string, Asking>();
  #next: string | undefined;
  #loaded = false;

  constructor(feed: Feed) {
    super();
    this.#feed = feed;
    feed.addEventListener("entry", (event) => this.#happened((event as EntryEvent).entry));
    feed.addEventListener("statechange", () => {
      // What was missed may be more than what is kept.
      if (feed.state === "live") void this.load();
    });
  }

  /** Whether the list was read at least once. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Whether there are older ones. */
  get hasMore(): boolean {
    return this.#next !== undefined;
  }

  /** All, newest first. */
  get all(): readonly Tunnel[] {
    return [...this.#known.values()].sort((a, b) => b.createdAt - a.createdAt);
  }

  get(id: string): Tunnel | undefined {
    return this.#known.get(id);
  }

  /** What has happened to a tunnel, oldest first. */
  entriesOf(id: string): readonly Entry[] {
    return this.#entries.get(id) ?? [];
  }

  /** Reads the newest, and every one that is known. */
  async load(): Promise<void> {
    const known = [...this.#known.keys()];
    const listed = await this.#page(undefined);
    await Promise.all(known.filter((id) => !listed.includes(id)).map((id) => this.refresh(id)));
  }

  /** Reads the next older ones. */
  async loadMore(): Promise<void> {
    if (this.#next !== undefined) await this.#page(this.#next);
  }

  async #page(nextToken: string | undefined): Promise<string[]> {
    try {
      const answer = await call<{ tunnelSummaries: { tunnelId: string }[]; nextToken?: string }>("ListTunnels", {
        maxResults: PAGE,
        nextToken,
      });
      const ids = answer.tunnelSummaries.map(({ tunnelId }) => tunnelId);
      await Promise.all(ids.map((id) => this.refresh(id)));
      if (nextToken !== undefined || !this.#loaded) this.#next = answer.nextToken;
      this.#loaded = true;
      // Opened while the list was on its way.
      const opened = [...this.#entries.values()].flat().filter((entry) => this.#isNew(entry));
      await Promise.all(opened.map(({ tunnelId }) => this.refresh(tunnelId)));
      this.#changed();
      return ids;
    } catch (error) {
      this.#failed(error);
      return [];
    }
  }

  /** Asks for a tunnel again, and waits for what is known of it then. */
  refresh(id: string): Promise<void> {
    const under = this.#asking.get(id);
    if (under !== undefined) {
      under.again = true;
      return under.done;
    }
    const asking: Asking = { again: false, done: Promise.resolve() };
    this.#asking.set(id, asking);
    asking.done = this.#ask(id, asking);
    return asking.done;
  }

  async #ask(id: string, asking: Asking): Promise<void> {
    do {
      asking.again = false;
      try {
        this.#known.set(id, await describe(id));
      } catch (error) {
        if (error instanceof ApiError && error.type === "ResourceNotFoundException") this.#known.delete(id);
        else this.#failed(error);
      }
    } while (asking.again);
    this.#asking.delete(id);
    this.#changed();
  }

  #happened(entry: Entry): void {
    const entries = this.#entries.get(entry.tunnelId) ?? [];
    this.#entries.set(entry.tunnelId, entries);
    // After a break the service tells again what it still knows.
    const isSame = (other: Entry): boolean => other.number === entry.number && other.at === entry.at;
    if (entries.some(isSame)) return;
    entries.push(entry);
    if (entries.length > KEPT) entries.shift();
    this.dispatchEvent(new EntryEvent(entry));
    if ("deleted" in entry && entry.deleted) {
      this.#known.delete(entry.tunnelId);
      this.#entries.delete(entry.tunnelId);
      this.#changed();
    } else if (this.#isAskedFor(entry.tunnelId) || (this.#loaded && this.#isNew(entry))) {
      void this.refresh(entry.tunnelId);
    }
  }

  #isAskedFor(id: string): boolean {
    return this.#known.has(id) || this.#asking.has(id);
  }

  /** Whether it tells of a tunnel that was opened after those that were listed. What is older waits for "Show older". */
  #isNew(entry: Entry): boolean {
    const newest = this.all[0]?.createdAt ?? 0;
    return entry.what === "opened" && entry.at > newest && !this.#isAskedFor(entry.tunnelId);
  }

  #failed(error: unknown): void {
    // A service that does not answer shows in the feed.
    if (error instanceof LockedError) this.#feed.lock();
    else if (error instanceof ApiError) console.error(error);
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
