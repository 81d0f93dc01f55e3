/** A download through the tunnel, with its progress and its checksum. */

import type { TunnelStream } from "iot-tunnel";
import { announce } from "./announce.js";
import { part, say } from "./dom.js";
import { hex } from "./hex.js";
import { get, type Progress } from "./http.js";
import type { Link } from "./link.js";
import { nameOf, offer } from "./service.js";
import { size, type Traffic } from "./traffic.js";

/** After this time without an answer the page says what may be wrong, in milliseconds. */
const PATIENCE_MS = 5_000;

/** The form below a link. */
export class Download {
  readonly #link: Link;
  readonly #traffic: Traffic;
  readonly #services: HTMLSelectElement;
  readonly #path: HTMLInputElement;
  readonly #start: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  readonly #transfer: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #words: HTMLElement;
  readonly #save: HTMLAnchorElement;
  /** Cancels the one that is under way. */
  #cancelling: AbortController | undefined;

  constructor(root: HTMLElement, link: Link, traffic: Traffic) {
    this.#link = link;
    this.#traffic = traffic;
    this.#services = part(root, "from", HTMLSelectElement);
    this.#path = part(root, "path", HTMLInputElement);
    this.#start = part(root, "start", HTMLButtonElement);
    this.#cancel = part(root, "cancel", HTMLButtonElement);
    this.#transfer = part(root, "transfer", HTMLElement);
    this.#bar = part(root, "progress", HTMLProgressElement);
    this.#words = part(root, "words", HTMLElement);
    this.#save = part(root, "save", HTMLAnchorElement);
    this.#cancel.addEventListener("click", () => this.#cancelling?.abort());
    part(root, "form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#cancelling === undefined) void this.#run(this.#services.value, this.#path.value);
    });
  }

  /** Offers these services, and of those one that is named after HTTP first. */
  offer(services: readonly string[]): void {
    offer(this.#services, services, (service) => /http/i.test(service));
  }

  async #run(service: string, path: string): Promise<void> {
    const { signal } = (this.#cancelling = new AbortController());
    this.#begin();
    const began = performance.now();
    const patience = window.setTimeout(() => say(this.#words, this.#whyNothing(service)), PATIENCE_MS);
    try {
      const received = (progress: Progress): void => {
        clearTimeout(patience);
        this.#show(progress);
      };
      const body = await this.#link.use(service, signal, (stream) => get(this.#counted(stream), path, received));
      const seconds = (performance.now() - began) / 1000;
      say(this.#words, `${size(body.length)} in ${seconds.toFixed(1)} s`);
      await this.#finish(path, body);
    } catch (error) {
      say(this.#words, signal.aborted ? "Cancelled" : `Failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      clearTimeout(patience);
      this.#cancelling = undefined;
      this.#start.hidden = false;
      this.#cancel.hidden = true;
      this.#bar.hidden = true;
    }
  }

  #whyNothing(service: string): string {
    if (this.#link.state !== "open") return "Still waiting: this browser is not connected";
    return `${nameOf(service)} has not answered yet. The device may be away, or this is no web server.`;
  }

  #begin(): void {
    URL.revokeObjectURL(this.#save.href);
    this.#save.hidden = true;
    part(this.#transfer, "digest", HTMLElement).hidden = true;
    this.#transfer.hidden = false;
    this.#start.hidden = true;
    this.#cancel.hidden = false;
    this.#bar.hidden = false;
    this.#bar.removeAttribute("value");
    say(this.#words, this.#link.state === "open" ? "Asking" : "Waiting until this browser is connected");
  }

  #show({ received, length }: Progress): void {
    if (length !== undefined) {
      this.#bar.max = length;
      this.#bar.value = received;
    }
    // Only tenths of the whole are said: a screen reader would never end.
    const tenth = length === undefined ? "" : ` ${Math.floor((received / Math.max(1, length)) * 10) * 10} %`;
    say(this.#words, `Receiving${tenth}`);
  }

  async #finish(path: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#save.href = URL.createObjectURL(new Blob([body]));
    this.#save.download = path.split("/").at(-1) || "download";
    this.#save.hidden = false;
    announce("The download is complete");
    // A page that came over plain HTTP from another machine has no digests.
    if (!("subtle" in crypto)) return;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
    say(part(this.#transfer, "sum", HTMLElement), hex(digest));
    part(this.#transfer, "digest", HTMLElement).hidden = false;
  }

  /** The stream, with the bytes counted that come. */
  #counted({ readable, writable }: TunnelStream): Pick<TunnelStream, "readable" | "writable"> {
    const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        this.#traffic.received(chunk.length);
        controller.enqueue(chunk);
      },
    });
    return { readable: readable.pipeThrough(count), writable };
  }
}
