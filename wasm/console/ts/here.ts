/** The part of a tunnel's view that uses the tunnel from this browser. */

import { announce } from "./announce.js";
import { Download } from "./download.js";
import { part, say } from "./dom.js";
import { eachSecond } from "./lifetime.js";
import { Link, type LinkState, NoteEvent } from "./link.js";
import { Plot } from "./plot.js";
import { offer } from "./service.js";
import { ServiceTerminal } from "./terminal.js";
import { KEPT_SECONDS, size, Traffic } from "./traffic.js";
import type { Tunnels } from "./tunnels.js";

const WORDS: Record<LinkState, string> = {
  connecting: "Connecting",
  "awaiting-services": "Waiting for the list of services",
  open: "Connected as the source",
  backoff: "Connection lost, trying again",
  "awaiting-token": "Needs a new source token",
  off: "Not connected",
};

/** A link and everything that uses it. Made when a person connects; it stays, with what its terminal showed. */
export class Here extends EventTarget {
  readonly #root: HTMLElement;
  readonly #link: Link;
  readonly #traffic = new Traffic();
  readonly #terminal: ServiceTerminal;
  readonly #download: Download;
  readonly #services: HTMLSelectElement;
  readonly #open: HTMLButtonElement;
  readonly #leave: HTMLButtonElement;
  readonly #throughput: Plot;
  readonly #roundTrip: Plot;
  readonly #over = new AbortController();

  constructor(root: HTMLElement, tunnels: Tunnels, tunnelId: string) {
    super();
    this.#root = root;
    this.#root.hidden = false;
    this.#link = new Link(tunnels, tunnelId);
    this.#services = part(root, "service", HTMLSelectElement);
    this.#open = part(root, "open-terminal", HTMLButtonElement);
    this.#leave = part(root, "leave", HTMLButtonElement);
    this.#terminal = new ServiceTerminal(part(root, "terminal", HTMLElement), this.#link, this.#traffic);
    this.#throughput = new Plot(part(root, "throughput", HTMLElement), KEPT_SECONDS);
    this.#roundTrip = new Plot(part(root, "round-trip", HTMLElement), KEPT_SECONDS);
    this.#download = new Download(part(root, "download", HTMLElement), this.#link, this.#traffic);
    this.#listen(root);
    tunnels.addEventListener("change", () => this.#followTunnel(), { signal: this.#over.signal });
    this.#follow();
    this.#plot();
  }

  /** Whether this browser is the source, or would be if it had a token. */
  get isInUse(): boolean {
    return this.#link.state !== "off";
  }

  /** Whether only a new token helps. */
  get needsToken(): boolean {
    return this.#link.state === "off" || this.#link.state === "awaiting-token";
  }

  /** Goes on with a newer token. */
  take(sourceAccessToken: string): void {
    this.#link.take(sourceAccessToken);
  }

  /** Connects with a token. A service that is the only one is opened: who connects wants it. */
  connect(sourceAccessToken: string): void {
    this.take(sourceAccessToken);
    const [only, ...more] = this.#link.services;
    if (this.#terminal.service === undefined && only !== undefined && more.length === 0) this.#terminal.open(only);
  }

  /** Puts the keyboard where a person goes on. */
  focus(): void {
    if (this.#terminal.service === undefined) this.#open.focus();
    else this.#terminal.focus();
  }

  /** The tunnel is gone for good. */
  end(): void {
    this.#over.abort();
    this.#link.end();
  }

  #listen(root: HTMLElement): void {
    this.#link.addEventListener("statechange", () => {
      // What stopped comes back only if a person wants it.
      if (this.#link.state === "off") this.#terminal.close();
      this.#follow();
    });
    this.#link.addEventListener("note", (event) => announce((event as NoteEvent).text));
    this.#terminal.addEventListener("change", () => this.#follow());
    this.#open.addEventListener("click", () => {
      if (this.#terminal.service === this.#services.value) return this.#terminal.close();
      this.#terminal.open(this.#services.value);
      this.#terminal.focus();
    });
    this.#services.addEventListener("change", () => this.#follow());
    this.#leave.addEventListener("click", () => this.#link.stop());
    const enter = part(root, "enter", HTMLSelectElement);
    enter.addEventListener("change", () => (this.#terminal.typing.enter = enter.value));
    const echo = part(root, "echo", HTMLInputElement);
    echo.addEventListener("change", () => (this.#terminal.typing.echo = echo.checked));
    eachSecond(() => this.#plot(), this.#over.signal);
  }

  #follow(): void {
    const { state, services } = this.#link;
    const words = part(this.#root, "link", HTMLElement);
    words.dataset["state"] = state;
    say(words, WORDS[state]);
    this.#leave.hidden = state === "off";
    offer(this.#services, services);
    this.#download.offer(services);
    const { service } = this.#terminal;
    say(this.#open, this.#doing(service, this.#services.value));
    this.#open.disabled = service === undefined && state === "off";
    part(this.#root, "terminal", HTMLElement).setAttribute("aria-label", `Terminal ${service ?? ""}`.trim());
    this.dispatchEvent(new Event("change"));
  }

  /** What the button does, with the service that is open and the one that is chosen. */
  #doing(open: string | undefined, chosen: string): string {
    if (open === undefined) return "Open terminal";
    return open === chosen ? `Close ${open || "terminal"}` : `Open ${chosen} instead`;
  }

  /** The tunnel is another one perhaps: a rotation can replace its services. */
  #followTunnel(): void {
    const { service } = this.#terminal;
    if (service !== undefined && !this.#link.services.includes(service)) {
      this.#terminal.close("is no longer a service of this tunnel");
    }
    this.#follow();
  }

  #plot(): void {
    this.#traffic.tick();
    const { seconds, trips } = this.#traffic;
    const inward = seconds.map((second) => second.inward);
    const outward = seconds.map((second) => second.outward);
    const now = seconds.at(-1) ?? { inward: 0, outward: 0 };
    const most = Math.max(0, ...inward, ...outward);
    this.#throughput.show(
      [{ name: "inward", values: inward }, { name: "outward", values: outward }],
      {
        highest: most === 0 ? "" : `${size(most)}/s`,
        all: `In ${size(now.inward)}/s, out ${size(now.outward)}/s; the most in a minute ${size(most)}/s`,
      },
    );
    const sorted = [...trips].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    this.#roundTrip.show([{ name: "trip", values: trips }, { name: "trip-dots", values: trips, dots: true }], {
      highest: trips.length === 0 ? "" : milliseconds(Math.max(...trips)),
      all: median === undefined ? "Nothing was typed yet" : `Last ${milliseconds(trips.at(-1)!)}, median of ${trips.length}: ${milliseconds(median)}`,
    });
  }
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
