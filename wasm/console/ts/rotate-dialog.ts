/** Rotating a tunnel's tokens. The form follows the core's rules, and says them in the core's words. */

import {
  type ClientMode,
  MisuseError,
  type RotateDraft,
  type RotateResponse,
  parseRotateResponse,
  rotateRequest,
  rotationOf,
} from "iot-tunnel";
import { call } from "./api.js";
import { FormDialog } from "./dialog.js";
import { input, part, say } from "./dom.js";
import { showViolations } from "./field.js";
import { ServicesField } from "./services-field.js";
import type { Tunnel } from "./tunnel.js";

/** Rotates in that mode, with what the core has judged. */
export async function rotate(body: string): Promise<RotateResponse> {
  return parseRotateResponse(JSON.stringify(await call("RotateTunnelAccessToken", body)));
}

/** Asks whose token, and for a destination where it leads from now on. */
export class RotateDialog extends FormDialog {
  readonly #rotated: (tunnel: Tunnel, mode: ClientMode, response: RotateResponse) => void;
  readonly #config: HTMLFieldSetElement;
  readonly #fields: HTMLElement;
  readonly #replace: HTMLInputElement;
  readonly #services: ServicesField;
  #tunnel: Tunnel | undefined;
  /** Messages come with the first attempt, and from then on at once. */
  #tried = false;

  constructor(rotated: (tunnel: Tunnel, mode: ClientMode, response: RotateResponse) => void) {
    super("rotate-dialog");
    this.#rotated = rotated;
    this.#config = part(this.form, "config", HTMLFieldSetElement);
    this.#fields = part(this.form, "config-fields", HTMLElement);
    this.#replace = input(this.form, "replace");
    this.#services = new ServicesField(this.#config);
    this.form.addEventListener("input", () => this.#follow());
  }

  /** Asks for that tunnel. */
  ask(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    this.#tried = false;
    this.show();
    const first = this.form.querySelector<HTMLInputElement>("input[name=mode][value=ALL]");
    if (first !== null) first.checked = true;
    input(this.form, "thing").value = tunnel.thingName ?? "";
    this.#services.values = tunnel.services;
    this.#follow();
    first?.focus();
  }

  protected override async submit(): Promise<(() => void) | undefined> {
    this.#tried = true;
    const request = rotateRequest(this.#draft);
    if (!request.ok) {
      showViolations(this.form, request.violations);
      return undefined;
    }
    const response = await rotate(request.body);
    const { tunnel, mode } = { tunnel: this.#tunnel, mode: request.input.clientMode };
    return () => tunnel && this.#rotated(tunnel, mode, response);
  }

  get #mode(): ClientMode {
    return (new FormData(this.form).get("mode") ?? "") as ClientMode;
  }

  get #draft(): RotateDraft {
    const draft: RotateDraft = { tunnelId: this.#tunnel?.id, clientMode: this.#mode };
    if (this.#config.disabled || !this.#replace.checked) return draft;
    const thingName = input(this.form, "thing").value;
    return { ...draft, destinationConfig: { ...(thingName !== "" && { thingName }), services: this.#services.values } };
  }

  /** What the mode allows, and what is wrong so far. */
  #follow(): void {
    const refusal = whyNoDestination(this.#mode);
    this.#config.disabled = refusal !== undefined;
    say(part(this.#config, "config-hint", HTMLElement), refusal ?? "Otherwise it stays as it is.");
    this.#fields.hidden = this.#config.disabled || !this.#replace.checked;
    if (!this.#tried) return;
    const request = rotateRequest(this.#draft);
    showViolations(this.form, request.ok ? [] : request.violations);
  }
}

/** Why that mode takes no destination, in the core's words; nothing if it does. */
function whyNoDestination(mode: ClientMode): string | undefined {
  try {
    rotationOf(mode, {});
    return undefined;
  } catch (error) {
    if (error instanceof MisuseError) return error.message;
    throw error;
  }
}
