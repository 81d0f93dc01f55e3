/** Opening a tunnel. */

import { call } from "./api.js";
import { FormDialog } from "./dialog.js";
import { byId, input } from "./dom.js";
import { ServicesField } from "./services-field.js";

/** The answer to OpenTunnel. */
export interface Opened {
  readonly tunnelId: string;
  readonly sourceAccessToken: string;
  readonly destinationAccessToken: string;
}

/** Asks for a tunnel's particulars and opens it. The service judges them: it has the only rules there are. */
export class OpenDialog extends FormDialog {
  readonly #opened: (opened: Opened, services: readonly string[]) => void;
  readonly #services: ServicesField;

  constructor(opened: (opened: Opened, services: readonly string[]) => void) {
    super("open-dialog");
    this.#opened = opened;
    this.#services = new ServicesField(byId("open-dialog", HTMLElement));
  }

  /** Asks. */
  ask(): void {
    this.#services.values = [];
    this.show();
  }

  protected override async submit(): Promise<() => void> {
    const description = input(this.form, "description").value;
    const thingName = input(this.form, "thing").value;
    const lifetime = input(this.form, "lifetime").value.trim();
    const services = this.#services.values;
    const hasDestination = thingName !== "" || services.length > 0;
    const opened = await call<Opened>("OpenTunnel", {
      ...(description !== "" && { description }),
      ...(hasDestination && { destinationConfig: { ...(thingName !== "" && { thingName }), services } }),
      // A text that is no number is for the service to refuse too.
      ...(lifetime !== "" && { timeoutConfig: { maxLifetimeTimeoutMinutes: Number.isInteger(Number(lifetime)) ? Number(lifetime) : lifetime } }),
    });
    return () => this.#opened(opened, services);
  }
}
