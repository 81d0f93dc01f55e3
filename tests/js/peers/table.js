/** The tables of tests/models: what AWS's own clients do at the far end of a tunnel. */

import { json } from "../node.js";

/** The tables, by the names of their files. */
export const CLIENTS = { "AWS's reference proxy": "reference-destination", "AWS's C client": "aws-c-client" };

/** One table. */
export class Table {
  #rows;

  constructor(file) {
    const { rows, "state-of": stateOf, "first-state": first } = json(`tests/models/${file}.json`);
    this.#rows = rows;
    /** Whether each service has a state of its own. */
    this.isOfService = stateOf === "service";
    /** The state once the services are known. */
    this.open = this.isOfService ? "waiting" : first;
  }

  /** What happens, and the state after it, by the first row that fits; `holds(name, value)` judges its conditions. */
  row(state, event, holds) {
    const row = this.#rows.find(
      (row) =>
        (row.state === "any" || row.state === state) &&
        row.event === event &&
        Object.entries(row.where ?? {}).every(([name, value]) => holds(name, value)),
    );
    if (row === undefined) throw new Error(`no row for ${event} in ${state}`);
    return row;
  }
}
