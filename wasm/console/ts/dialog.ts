/** A dialog with a form that asks the service something. */

import { ApiError, LockedError } from "./api.js";
import { busy, isBusy } from "./busy.js";
import { byId, part } from "./dom.js";
import { focusFirstViolation, showFormError, showViolations } from "./field.js";

/** What the page's dialogs have in common. Each is in index.html once, and used for one tunnel after the other. */
export abstract class FormDialog {
  protected readonly dialog: HTMLDialogElement;
  protected readonly form: HTMLFormElement;
  readonly #submit: HTMLButtonElement;

  protected constructor(id: string) {
    this.dialog = byId(id, HTMLDialogElement);
    const form = this.dialog.querySelector("form");
    if (form === null) throw new Error(`the dialog "${id}" has no form`);
    this.form = form;
    this.#submit = part(form, "submit", HTMLButtonElement);
    part(form, "cancel", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!isBusy(this.#submit)) void this.#run();
    });
  }

  /** Opens it as it is at first. */
  protected show(): void {
    this.form.reset();
    showViolations(this.form, []);
    this.dialog.showModal();
  }

  /** Asks the service. Gives what is to be done once the dialog is closed; nothing leaves it open. */
  protected abstract submit(): Promise<(() => void) | undefined>;

  async #run(): Promise<void> {
    showFormError(this.form, undefined);
    try {
      const after = await busy(this.submit(), this.#submit);
      if (after === undefined) return focusFirstViolation(this.form);
      this.dialog.close();
      after();
    } catch (error) {
      if (error instanceof ApiError && error.violations.length > 0) showViolations(this.form, error.violations);
      else showFormError(this.form, reasonOf(error));
      focusFirstViolation(this.form);
    }
  }
}

/** Why a request failed, for a person. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.type}: ${error.message}`;
  if (error instanceof LockedError) return "The service has started again: open the console by its new link.";
  if (error instanceof TypeError) return "The service does not answer.";
  return error instanceof Error ? error.message : String(error);
}
