/** A download through the tunnel, with its progress and its checksum. */

import type { TunnelStream } from "iot-tunnel";
import { announce } from "./announce.js";
import { part, say } from "./dom.js";
import { get, type Progress } from "./http.js";
import type { Link } from "./link.js";
import { size, type Traffic } from "./traffic.js";

/** The form below a link. */
export class Download {
  readonly #link: Link;
  readonly #traffic: Traffic;
  readonly #service: () => string;
  readonly #path: HTMLInputElement;
  readonly #start: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  readonly #transfer: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #words: HTMLElement;
  readonly #save: HTMLAnchorElement;
  #reset: (() => void) | undefined;

  /** `service` says which is chosen. */
  constructor(root: HTMLElement, link: Link, traffic: Traffic, service: () => string) {
    this.#link = link;
    this.#traffic = traffic;
    this.#service = service;
    this.#path = part(root, "path", HTMLInputElement);
    this.#start = part(root, "start", HTMLButtonElement);
    this.#cancel = part(root, "cancel", HTMLButtonElement);
    this.#transfer = part(root, "transfer", HTMLElement);
    this.#bar = part(root, "progress", HTMLProgressElement);
    this.#words = part(root, "words", HTMLElement);
    this.#save = part(root, "save", HTMLAnchorElement);
    this.#cancel.addEventListener("click", () => this.#reset?.());
    part(root, "form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#reset === undefined) void this.#run(this.#path.value);
    });
  }

  async #run(path: string): Promise<void> {
    this.#begin();
    const began = performance.now();
    try {
      const stream = await this.#link.open(this.#service());
      this.#reset = () => stream.reset(new Error("cancelled"));
      const body = await get(this.#counted(stream), path, (progress) => this.#show(progress));
      stream.reset();
      const seconds = (performance.now() - began) / 1000;
      say(this.#words, `${size(body.length)} in ${seconds.toFixed(1)} s`);
      await this.#finish(path, body);
    } catch (error) {
      say(this.#words, `Failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#reset = undefined;
      this.#start.hidden = false;
      this.#cancel.hidden = true;
      this.#bar.hidden = true;
    }
  }

  #begin(): void {
    this.#reset = () => undefined;
    URL.revokeObjectURL(this.#save.href);
    this.#save.hidden = true;
    part(this.#transfer, "digest", HTMLElement).hidden = true;
    this.#transfer.hidden = false;
    this.#start.hidden = true;
    this.#cancel.hidden = false;
    this.#bar.hidden = false;
    this.#bar.removeAttribute("value");
    say(this.#words, "Asking");
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
    say(part(this.#transfer, "sum", HTMLElement), Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
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
