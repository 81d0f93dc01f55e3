/** Messages at the fields of a form: which member of the request breaks which rule. */

import type { Violation } from "./api.js";
import { part, sayOrHide } from "./dom.js";

let serial = 0;

/** Shows each violation at its member's field, and those without a field at the end of the form. */
export function showViolations(form: HTMLFormElement, violations: readonly Violation[]): void {
  const left = new Set(violations);
  for (const field of form.querySelectorAll<HTMLElement>("[data-member]")) {
    const own = violations.filter(({ member }) => member === field.dataset["member"]);
    own.forEach((violation) => left.delete(violation));
    showAt(field, own.length === 0 ? undefined : own.map(({ message }) => message).join("; "));
  }
  const others = [...left].map(({ member, message }) => (member === "" ? message : `${member}: ${message}`));
  showFormError(form, others.length === 0 ? undefined : others.join("; "));
}

/** What is wrong with the whole. */
export function showFormError(form: HTMLFormElement, text: string | undefined): void {
  sayOrHide(part(form, "form-violation", HTMLElement), text);
}

/** Puts the keyboard where the first mistake is. */
export function focusFirstViolation(form: HTMLFormElement): void {
  form.querySelector<HTMLElement>("[data-member]:has(> [data-part=violation]:not([hidden])) input")?.focus();
}

function showAt(field: HTMLElement, text: string | undefined): void {
  const message = Array.from(field.querySelectorAll<HTMLElement>("[data-part=violation]")).find(
    (candidate) => candidate.closest("[data-member]") === field,
  );
  if (message === undefined) return;
  message.id ||= `violation-${(serial += 1)}`;
  sayOrHide(message, text);
  for (const control of field.querySelectorAll<HTMLElement>("input")) {
    if (control.closest("[data-member]") !== field) continue;
    if (text === undefined) {
      control.removeAttribute("aria-invalid");
      control.removeAttribute("aria-describedby");
    } else {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", message.id);
    }
  }
}
