/** Closing a tunnel. */

import { call } from "./api.js";
import { FormDialog } from "./dialog.js";
import { input } from "./dom.js";
import type { Tunnel } from "./tunnel.js";

/** Asks whether a tunnel is to be closed, and whether its record is to go with it. */
export class CloseDialog extends FormDialog {
  readonly #closed: (tunnel: Tunnel) => void;
  #tunnel: Tunnel | undefined;

  constructor(closed: (tunnel: Tunnel) => void) {
    super("close-dialog");
    this.#closed = closed;
  }

  ask(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    this.show();
  }

  protected override async submit(): Promise<() => void> {
    const tunnel = this.#tunnel;
    await call("CloseTunnel", { tunnelId: tunnel?.id, delete: input(this.form, "delete").checked });
    return () => tunnel && this.#closed(tunnel);
  }
}
