/** A terminal to a service behind the tunnel. It keeps what it showed, and comes back when the link does. */

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import type { TunnelStream } from "iot-tunnel";
import { type Link, NoteEvent } from "./link.js";
import { nameOf } from "./service.js";
import type { Traffic } from "./traffic.js";

/** How many lines are kept. */
const SCROLLBACK = 10_000;

/** How a person's keys become bytes. */
export interface Typing {
  /** What the Enter key sends. */
  enter: string;
  /** Whether what is typed is shown: for a service that does not send it back. */
  echo: boolean;
}

/** Fires `change` when it opens or closes a service. */
export class ServiceTerminal extends EventTarget {
  readonly typing: Typing = { enter: "\n", echo: false };
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #link: Link;
  readonly #traffic: Traffic;
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  #service: string | undefined;
  #closing: AbortController | undefined;
  #writer: WritableStreamDefaultWriter<BufferSource> | undefined;

  constructor(place: HTMLElement, link: Link, traffic: Traffic) {
    super();
    this.#link = link;
    this.#traffic = traffic;
    this.#terminal = new Terminal({
      scrollback: SCROLLBACK,
      convertEol: true,
      cursorBlink: true,
      screenReaderMode: true,
      minimumContrastRatio: 4.5,
      fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
      fontSize: 13,
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.open(place);
    // A terminal takes every key; this one leads out of it.
    this.#terminal.attachCustomKeyEventHandler((event) => !(event.key === "Tab" && event.shiftKey));
    this.#terminal.onData((text) => this.#typed(text));
    new ResizeObserver(() => this.#resize(place)).observe(place);
    this.#dark.addEventListener("change", () => this.#paint(place));
    link.addEventListener("note", (event) => this.#note((event as NoteEvent).text));
  }

  /** The service that is open, or will be again. */
  get service(): string | undefined {
    return this.#service;
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Opens a service, and opens it again whenever the link comes back, until {@link close}. */
  open(service: string): void {
    this.close();
    this.#service = service;
    this.#closing = new AbortController();
    this.#become();
    void this.#keepOpen(service, this.#closing.signal);
  }

  /** Closes the service, and says `why` after its name. What was shown stays. */
  close(why = "closed"): void {
    if (this.#service === undefined) return;
    this.#closing?.abort(why);
    this.#service = undefined;
    this.#become();
  }

  async #keepOpen(service: string, signal: AbortSignal): Promise<void> {
    const name = nameOf(service);
    // The first attempt needs a connection only.
    let generation = -1;
    while (!signal.aborted) {
      try {
        await this.#link.risen(generation, signal);
        generation = this.#link.generation;
        await this.#link.use(service, signal, (stream) => {
          this.#note(`${name} is open`);
          return this.#run(stream);
        });
        if (!signal.aborted) this.#note(`${name} ended. Enter opens it again`);
      } catch (error) {
        if (!signal.aborted) this.#note(`${name} ended: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.#note(`${name} ${String(signal.reason)}`);
  }

  /** Shows what comes, until it ends. */
  async #run(stream: TunnelStream): Promise<void> {
    const reader = stream.readable.getReader();
    const writer = stream.writable.getWriter();
    // A failure shows at the reader.
    writer.closed.catch(() => undefined);
    this.#writer = writer;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        this.#traffic.received(value.length);
        // The next bytes are taken when these are shown: who sends faster waits.
        await new Promise<void>((shown) => this.#terminal.write(value, shown));
      }
    } finally {
      this.#writer = undefined;
    }
  }

  #typed(text: string): void {
    const writer = this.#writer;
    if (writer === undefined) {
      if (this.#service !== undefined && text === "\r") this.#link.nudge();
      return;
    }
    const bytes = new TextEncoder().encode(text.replaceAll("\r", this.typing.enter));
    if (this.typing.echo) this.#terminal.write(text.replaceAll("\r", "\r\n").replaceAll("\x7f", "\b \b"));
    this.#traffic.sent(bytes.length, text.includes("\r"));
    // A failure shows at the reader.
    writer.write(bytes).catch(() => undefined);
  }

  /** A line of the console's own, on a line of its own. */
  #note(text: string): void {
    const isAtStart = this.#terminal.buffer.active.cursorX === 0;
    this.#terminal.write(`${isAtStart ? "" : "\r\n"}\x1b[3;90m— ${text} —\x1b[0m\r\n`);
  }

  #resize(place: HTMLElement): void {
    // Without a size it is out of sight, and would be fitted to nothing.
    if (place.clientWidth === 0) return;
    this.#fit.fit();
    this.#paint(place);
  }

  /** Takes the colours that the page has now. Out of sight there are none; they are taken when it is back in it. */
  #paint(place: HTMLElement): void {
    if (!place.isConnected) return;
    const style = getComputedStyle(place);
    this.#terminal.options.theme = {
      background: style.backgroundColor,
      foreground: style.color,
      cursor: style.caretColor === "auto" ? style.color : style.caretColor,
      selectionBackground: this.#dark.matches ? "#3a5570" : "#b8d6f5",
      // The console's own lines.
      brightBlack: style.getPropertyValue("--note"),
    };
  }

  #become(): void {
    this.dispatchEvent(new Event("change"));
  }
}
