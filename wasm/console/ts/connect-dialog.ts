/** Becoming a tunnel's source. */

import { rotateRequest } from "iot-tunnel";
import { FormDialog } from "./dialog.js";
import { part } from "./dom.js";
import { rotate } from "./rotate-dialog.js";
import type { Tunnel } from "./tunnel.js";

/** Asks whether the source's token is to be rotated for this browser. */
export class ConnectDialog extends FormDialog {
  readonly #got: (tunnel: Tunnel, sourceAccessToken: string) => void;
  #tunnel: Tunnel | undefined;

  constructor(got: (tunnel: Tunnel, sourceAccessToken: string) => void) {
    super("connect-dialog");
    this.#got = got;
  }

  ask(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    this.show();
    part(this.form, "submit", HTMLButtonElement).focus();
  }

  protected override async submit(): Promise<(() => void) | undefined> {
    const tunnel = this.#tunnel;
    const request = rotateRequest({ tunnelId: tunnel?.id, clientMode: "SOURCE" });
    if (tunnel === undefined || !request.ok) return undefined;
    const { sourceAccessToken } = await rotate(request.body);
    return () => sourceAccessToken !== undefined && this.#got(tunnel, sourceAccessToken);
  }
}
