/** The services of a tunnel, as a person chooses among them. */

/** Stands for the only service of a tunnel that names none. */
export const UNNAMED = "";

/** What a person reads for a service. */
export function nameOf(service: string): string {
  return service === UNNAMED ? "The tunnel’s only service" : service;
}

/** Has a select offer these. What was chosen stays if it can; otherwise the first that is `preferred` is. */
export function offer(
  select: HTMLSelectElement,
  services: readonly string[],
  preferred: (service: string) => boolean = () => true,
): void {
  const offered = Array.from(select.options, ({ value }) => value);
  if (offered.length === services.length && offered.join() === services.join()) return;
  const chosen = offered.length > 0 && services.includes(select.value) ? select.value : services.find(preferred);
  select.replaceChildren(...services.map((service) => new Option(nameOf(service), service)));
  if (chosen !== undefined) select.value = chosen;
}
