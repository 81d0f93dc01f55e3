/** What the page is made of: the parts that index.html names, and elements that code makes. */

/** The element with that `data-part` below `root`. */
export function part<E extends Element>(root: ParentNode, name: string, kind: new () => E): E {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof kind)) throw new Error(`the page has no part "${name}" of that kind`);
  return found;
}

/** The element with that id. */
export function byId<E extends Element>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no element "${id}" of that kind`);
  return found;
}

/** The control of a form with that name. */
export function input(form: HTMLFormElement, name: string): HTMLInputElement {
  const found = form.elements.namedItem(name);
  if (!(found instanceof HTMLInputElement)) throw new Error(`the form has no input "${name}"`);
  return found;
}

/** A copy of what a template holds: its only element. */
export function copyOf<E extends Element>(template: string, kind: new () => E): E {
  const copy = byId(template, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof kind)) throw new Error(`the template "${template}" holds no element of that kind`);
  return copy;
}

/** A new element with that class and text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  text = "",
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

/** Sets a text, and touches nothing if it stands there already: a screen reader says what was touched. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows a text, or hides the element if there is none. */
export function sayOrHide(element: HTMLElement, text: string | undefined): void {
  element.hidden = text === undefined;
  say(element, text ?? "");
}
