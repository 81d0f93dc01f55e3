/** The console: watches tunnels, rotates their tokens, and uses them from the browser. */

import init, { type ClientMode, type RotateResponse } from "iot-tunnel";
import { announce, notice } from "./announce.js";
import { busy } from "./busy.js";
import { CloseDialog } from "./close-dialog.js";
import { ConnectDialog } from "./connect-dialog.js";
import { part, say } from "./dom.js";
import { type EntryEvent, Feed, type FeedState } from "./feed.js";
import { ListView, addressOf } from "./list-view.js";
import { OpenDialog } from "./open-dialog.js";
import { RotateDialog } from "./rotate-dialog.js";
import { type Shown, TokensDialog } from "./tokens-dialog.js";
import { titleOf, type Tunnel } from "./tunnel.js";
import { TunnelView } from "./tunnel-view.js";
import { Tunnels } from "./tunnels.js";
import { words } from "./entry.js";

const FEED_WORDS: Record<FeedState, string> = { live: "Live", lost: "Not connected", locked: "Locked" };
const FEED_NOTICES: Record<FeedState, string | undefined> = {
  live: undefined,
  lost: "The service does not answer. What is shown is how it was; this page goes on by itself.",
  locked:
    "The service has started again, with a new link. What is shown is how it was; open that link in any tab of this browser, and this page goes on by itself.",
};

class Console {
  readonly #feed = new Feed();
  readonly #tunnels = new Tunnels(this.#feed);
  readonly #list = new ListView(this.#tunnels);
  readonly #views = new Map<string, TunnelView>();
  readonly #main = document.getElementById("tunnel")!;
  readonly #placeholder = part(document, "placeholder", HTMLElement);
  readonly #columns = part(document, "columns", HTMLElement);
  readonly #tokens = new TokensDialog();
  /** The tunnel that is shown. */
  #shown: string | undefined;
  readonly #open = new OpenDialog(({ tunnelId, sourceAccessToken, destinationAccessToken }) => {
    location.hash = addressOf(tunnelId);
    void busy(this.#tunnels.refresh(tunnelId)).then(() => {
      const connect = (): void => this.#view(tunnelId)?.connect(sourceAccessToken);
      const shown = tokens(sourceAccessToken, destinationAccessToken, undefined, this.#told(tunnelId));
      this.#tokens.show("The tunnel is open", shown, connect);
    });
  });
  readonly #rotate = new RotateDialog((tunnel, mode, response) => this.#rotated(tunnel, mode, response));
  readonly #connect = new ConnectDialog((tunnel, token) => this.#view(tunnel.id)?.connect(token));
  readonly #close = new CloseDialog(({ id }) => void busy(this.#tunnels.refresh(id)).then(() => this.#leaveIfGone(id)));

  start(): void {
    const open = part(document, "open", HTMLButtonElement);
    open.disabled = false;
    open.addEventListener("click", () => this.#open.ask());
    part(document, "skip", HTMLAnchorElement).addEventListener("click", (event) => {
      // An address names a tunnel here, not a place in the page.
      event.preventDefault();
      this.#main.focus();
    });
    addEventListener("hashchange", () => this.#route(true));
    this.#feed.addEventListener("statechange", () => this.#followFeed());
    this.#tunnels.addEventListener("change", () => this.#route(false));
    this.#tunnels.addEventListener("entry", (event) => this.#tell(event as EntryEvent));
    this.#feed.start();
    void busy(this.#tunnels.load());
    this.#route(false);
    this.#shown = shownBy(location.hash);
  }

  #rotated(tunnel: Tunnel, mode: ClientMode, { sourceAccessToken, destinationAccessToken }: RotateResponse): void {
    const wasTaken = sourceAccessToken !== undefined && this.#views.get(tunnel.id)?.handOn(sourceAccessToken) === true;
    // Its services may be others now: the connection, and all else, follows what is known of the tunnel.
    void busy(this.#tunnels.refresh(tunnel.id));
    const taken = wasTaken ? "This browser has taken it and connects with it." : undefined;
    const shown = tokens(sourceAccessToken, destinationAccessToken, taken, this.#told(tunnel.id));
    const title = mode === "ALL" ? "Both tokens are rotated" : "The token is rotated";
    const connect =
      sourceAccessToken === undefined || wasTaken ? undefined : () => this.#view(tunnel.id)?.connect(sourceAccessToken);
    this.#tokens.show(title, shown, connect);
  }

  /** What is done with a destination's token beside showing it; the timeline says whether it worked. */
  #told(id: string): string | undefined {
    return this.#tunnels.get(id)?.thingName === undefined ? undefined : "The device is told it over MQTT.";
  }

  /** Back to the list, if the tunnel that is shown was deleted here: there is nothing more to see of it. */
  #leaveIfGone(id: string): void {
    if (this.#tunnels.get(id) !== undefined || shownBy(location.hash) !== id) return;
    announce("The tunnel is deleted");
    // Nobody wants to come back to it.
    location.replace("#/");
  }

  /** Shows the tunnel that the address names. */
  #route(moved: boolean): void {
    const id = shownBy(location.hash);
    for (const [known, view] of this.#views) {
      if (this.#tunnels.loaded && this.#tunnels.get(known) === undefined) {
        view.end();
        this.#views.delete(known);
      }
    }
    if (id !== undefined && this.#tunnels.loaded && this.#tunnels.get(id) === undefined && moved) void this.#tunnels.refresh(id);
    const view = id === undefined ? undefined : this.#view(id);
    this.#columns.dataset["chosen"] = String(id !== undefined);
    const shown = view?.element ?? this.#placeholder;
    if (this.#main.firstElementChild !== shown) {
      const hadKeyboard = this.#main.contains(document.activeElement);
      this.#main.replaceChildren(shown);
      // What had it is gone, and the page's beginning is far from here.
      if (hadKeyboard) this.#main.focus({ preventScroll: true });
    }
    say(part(this.#placeholder, "why-nothing", HTMLElement), this.#whyNothing(id));
    const tunnel = id === undefined ? undefined : this.#tunnels.get(id);
    document.title = tunnel === undefined ? "iot-tunnel console" : `${titleOf(tunnel)} – iot-tunnel console`;
    if (moved) this.#move(id);
    else if (id !== undefined) this.#list.choose(id);
  }

  /** Puts the keyboard where a person goes on: at the tunnel, or back in the list at the one that was shown. */
  #move(id: string | undefined): void {
    const before = this.#shown;
    this.#shown = id;
    this.#list.choose(id);
    if (id === undefined && before !== undefined) {
      const row = this.#list.reveal(before) ?? this.#list.first;
      if (row !== undefined) return row.focus({ preventScroll: true });
    }
    if (id !== undefined) this.#list.reveal(id);
    this.#main.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  /** What stands in place of a tunnel. */
  #whyNothing(id: string | undefined): string {
    if (id !== undefined) return this.#tunnels.loaded ? "There is no such tunnel. It may have been deleted." : "Reading the tunnel…";
    if (!this.#tunnels.loaded || this.#tunnels.all.length > 0) return "Choose a tunnel, or open one.";
    return "Open a tunnel here. One that an AWS client opens at this service appears by itself.";
  }

  #view(id: string): TunnelView | undefined {
    const tunnel = this.#tunnels.get(id);
    if (tunnel === undefined) return undefined;
    let view = this.#views.get(id);
    if (view === undefined) {
      view = new TunnelView(this.#tunnels, tunnel, {
        rotate: (tunnel) => this.#rotate.ask(tunnel),
        connect: (tunnel) => this.#connect.ask(tunnel),
        close: (tunnel) => this.#close.ask(tunnel),
      });
      this.#views.set(id, view);
    }
    return view;
  }

  #followFeed(): void {
    const { state } = this.#feed;
    const shown = part(document, "feed", HTMLElement);
    shown.dataset["state"] = state;
    say(shown, FEED_WORDS[state]);
    notice("feed", FEED_NOTICES[state]);
  }

  /** Says what happens to the tunnel that is shown. */
  #tell({ entry }: EntryEvent): void {
    const isShown = location.hash === addressOf(entry.tunnelId);
    const isPast = Date.now() - entry.at > 10_000;
    if (!isShown || isPast) return;
    const { what, why } = words(entry);
    announce(why === undefined ? what : `${what}: ${why}`);
  }
}

/** The tunnel that an address names. */
function shownBy(hash: string): string | undefined {
  try {
    return decodeURIComponent(hash.slice(2)) || undefined;
  } catch {
    // Somebody has typed it.
    return hash.slice(2);
  }
}

function tokens(source?: string, destination?: string, sourceNote?: string, destinationNote?: string): Shown[] {
  const shown: Shown[] = [];
  if (source !== undefined) shown.push({ name: "Source access token", token: source, ...(sourceNote && { note: sourceNote }) });
  if (destination !== undefined) {
    shown.push({ name: "Destination access token", token: destination, ...(destinationNote && { note: destinationNote }) });
  }
  return shown;
}

try {
  await init();
  new Console().start();
} catch (error) {
  notice("start", `The console could not start: ${error instanceof Error ? error.message : String(error)}`);
}
