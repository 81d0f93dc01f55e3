/** A list of services in a form, one input each. How many and how they are written is for the core to judge. */

import { copyOf, part } from "./dom.js";

/** The inputs, and the button that adds one. */
export class ServicesField {
  readonly #list: HTMLElement;
  readonly #add: HTMLButtonElement;

  constructor(root: HTMLElement) {
    this.#list = part(root, "services", HTMLElement);
    this.#add = part(root, "add", HTMLButtonElement);
    this.#add.addEventListener("click", () => this.#append("").focus());
  }

  /** What is written there; an input that was left empty counts, unless it is the only one. */
  get values(): string[] {
    const values = this.#inputs.map(({ value }) => value);
    return values.length === 1 && values[0] === "" ? [] : values;
  }

  set values(values: readonly string[]) {
    this.#list.replaceChildren();
    for (const value of values.length === 0 ? [""] : values) this.#append(value);
  }

  get #inputs(): HTMLInputElement[] {
    return [...this.#list.querySelectorAll("input")];
  }

  #append(value: string): HTMLInputElement {
    const field = copyOf("service-template", HTMLElement);
    const input = part(field, "input", HTMLInputElement);
    input.value = value;
    part(field, "remove", HTMLButtonElement).addEventListener("click", () => this.#remove(field));
    this.#list.append(field);
    this.#number();
    return input;
  }

  #remove(field: HTMLElement): void {
    const next = field.nextElementSibling ?? field.previousElementSibling;
    field.remove();
    this.#number();
    (next?.querySelector("input") ?? this.#add).focus();
    this.#list.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Names follow places: the rules speak of `services.2.member`. */
  #number(): void {
    const fields = [...this.#list.children] as HTMLElement[];
    for (const [index, field] of fields.entries()) {
      field.dataset["member"] = `destinationConfig.services.${index + 1}.member`;
      part(field, "label", HTMLElement).textContent = `Service ${index + 1}`;
      const remove = part(field, "remove", HTMLButtonElement);
      remove.setAttribute("aria-label", `Remove service ${index + 1}`);
      remove.hidden = fields.length === 1;
    }
  }
}
