/** What a connection tells. */

import type { RefusalError, TunnelError } from "../errors.js";
import type { WithoutToken } from "./asker.js";
import type { ConnectionState } from "./config.js";

/** `statechange`: the connection is somewhere else. */
export class StateChangeEvent extends Event {
  constructor(
    readonly state: ConnectionState,
    readonly previous: ConnectionState,
    /** In the state `backoff`: milliseconds to the next attempt. */
    readonly retryIn: number | undefined,
    /**
     * Whether several connections in a row were lost soon after they had opened. Usually another client has the same access
     * token and client token, and each takes the other's place; the next attempts are made late.
     */
    readonly isContested: boolean,
  ) {
    super("statechange");
  }
}

/**
 * `token`: a new access token is needed; hand it to `replaceToken`. It comes once for each wait: whoever fails to get one tries
 * again himself, or leaves that to the option `getToken`.
 */
export class TokenEvent extends Event {
  constructor(
    /**
     * There was none yet; or it was used once, without a client token, and its connection is gone; or the service refused it.
     */
    readonly why: WithoutToken,
    /** If it was refused: with what words. */
    readonly error: RefusalError | undefined,
  ) {
    super("token");
  }
}

/** `error`: something failed. The connection deals with it itself, and its state says how. */
export class ConnectionErrorEvent extends Event {
  constructor(readonly error: TunnelError) {
    super("error");
  }
}

/** The events of a connection, by their types. */
export interface TunnelConnectionEventMap {
  statechange: StateChangeEvent;
  token: TokenEvent;
  error: ConnectionErrorEvent;
}
