/** Closing a tunnel, and deleting the record of a closed one. */

import { call } from "./api.js";
import { FormDialog } from "./dialog.js";
import { input, part, say } from "./dom.js";
import type { Tunnel } from "./tunnel.js";

const OPEN = {
  title: "Close the tunnel",
  meaning: "Both ends are cut off, and it cannot be opened again.",
  cancel: "Keep it open",
  submit: "Close the tunnel",
};
const CLOSED = {
  title: "Delete the tunnel’s record",
  meaning: "It is closed already. Without its record nothing tells of it any more.",
  cancel: "Keep it",
  submit: "Delete",
};

/** Asks whether a tunnel is to be closed, and whether its record is to go with it; of a closed one, only that. */
export class CloseDialog extends FormDialog {
  readonly #closed: (tunnel: Tunnel) => void;
  #tunnel: Tunnel | undefined;

  constructor(closed: (tunnel: Tunnel) => void) {
    super("close-dialog");
    this.#closed = closed;
  }

  ask(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    for (const [name, text] of Object.entries(tunnel.open ? OPEN : CLOSED)) say(part(this.form, name, HTMLElement), text);
    part(this.form, "delete-field", HTMLElement).hidden = !tunnel.open;
    this.show();
    input(this.form, "delete").checked = !tunnel.open;
  }

  protected override async submit(): Promise<() => void> {
    const tunnel = this.#tunnel;
    await call("CloseTunnel", { tunnelId: tunnel?.id, delete: input(this.form, "delete").checked });
    return () => tunnel && this.#closed(tunnel);
  }
}
