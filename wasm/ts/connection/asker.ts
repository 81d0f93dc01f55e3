/** Asks the application for access tokens. */

import { MisuseError, type TunnelError } from "../errors.js";
import type { Clock } from "./clock.js";
import type { TokenTaken } from "./config.js";
import { invalidAccessToken } from "./fault.js";

/** Why a token is needed: there was none yet; it was used once and cannot be again; the service refused it. */
export type WithoutToken = "none" | "spent" | "refused";

/** Gets an access token. */
export type GetToken = (why: WithoutToken) => string | Promise<string>;

/** The first wait after one that was of no use, and the longest, in milliseconds (ours). */
const [FIRST_WAIT, LONGEST_WAIT] = [1000, 60_000];

/** What it is for. */
export interface AskerListener {
  /** Takes a token, or throws. */
  take(accessToken: string): TokenTaken;
  /** There was none. It is asked again. */
  failed(error: TunnelError): void;
}

/** Asks until it has a token that is taken, each time later. */
export class Asker {
  readonly #get: GetToken;
  readonly #clock: Clock;
  readonly #listener: AskerListener;
  #wait = 0;
  #timer: unknown;
  /** Counts the questions: an answer to one that is over comes too late. */
  #question = 0;

  constructor(get: GetToken, clock: Clock, listener: AskerListener) {
    this.#get = get;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** A token is needed. */
  ask(why: WithoutToken): void {
    const question = this.#question;
    this.#timer = this.#clock.setTimeout(() => void this.#asked(why, () => question === this.#question), this.#wait);
    this.#wait = Math.min(this.#wait * 2 || FIRST_WAIT, LONGEST_WAIT);
  }

  async #asked(why: WithoutToken, isNeeded: () => boolean): Promise<void> {
    try {
      const accessToken = await this.#get(why);
      if (!isNeeded() || this.#listener.take(accessToken) === "new") return;
      this.#failed("getToken gave an access token that it had given before");
    } catch (error) {
      if (!isNeeded()) return;
      // What it threw may hold what it read, and that is a secret: it is not in the message.
      this.#failed("getToken gave no access token; the cause says why", error);
    }
    this.ask(why);
  }

  #failed(message: string, cause?: unknown): void {
    this.#listener.failed(Object.assign(new MisuseError(invalidAccessToken, "InvalidAccessToken", message), { cause }));
  }

  /** None is needed any more. If the latest one `wasGood`, the next is asked for at once. */
  stop(wasGood: boolean): void {
    this.#question += 1;
    this.#clock.clearTimeout(this.#timer);
    if (wasGood) this.#wait = 0;
  }
}
