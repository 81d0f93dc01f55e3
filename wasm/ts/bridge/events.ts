/** What a bridge tells. No token is ever in there. */

import type { Side } from "../rules.js";
import { functionIfGiven } from "../values.js";
import type { Closed } from "./join.js";

/** What happened at a bridge, for its log. */
export type BridgeEvent =
  | { type: "denied"; /** The bridge itself said no. */ status: number; reason: string; origin: string | undefined }
  | { type: "refused"; /** The service said no. */ side: Side; status: number; reason: string; channelId: string | undefined }
  | { type: "failed"; /** The service could not be reached. */ side: Side; reason: string }
  | { type: "opened"; side: Side }
  | ({ type: "closed"; side: Side } & Closed);

/** Tells what happens to who asked for it. What he throws is dropped: no connection hangs on a log. */
export function teller(onEvent: ((event: BridgeEvent) => unknown) | undefined): (event: BridgeEvent) => void {
  functionIfGiven("onEvent", onEvent);
  const tell = async (event: BridgeEvent) => onEvent?.(event);
  return (event) => void tell(event).catch(() => {});
}
