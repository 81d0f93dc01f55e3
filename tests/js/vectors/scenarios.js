/**
 * `scenarios.json`: steps of a tunnel's life in virtual time, lived by a subject:
 *
 * - `open(minutes, thing, services)`: `{ tunnel, tokens: {source, destination}, notified }`
 * - `describe(tunnel)`: `{ status, source, destination, closesAtMinute }`
 * - `connect(token, side, clientToken)`: `"accepted"`, `"replaced"` or the code of the error
 * - `disconnect(tunnel, side)`, `advance(minutes)`, `close(tunnel)`
 * - `rotate(tunnel, clientMode, destinationConfig)`: `{ tokens, disconnected: side[], notified }` or `{ error }`
 *
 * `notified` is nothing, or `{ thing, token, services }`.
 */

import { run, same } from "./check.js";

/** The vectors' word for a refusal. */
const WORDS = {
  UnknownAccessToken: "invalid token",
  TunnelClosed: "tunnel closed",
  TunnelExpired: "tunnel closed",
  AccessTokenRevoked: "revoked",
  ModeMismatch: "wrong side",
  AccessTokenUsed: "already used",
  ClientTokenMismatch: "client token mismatch",
  ClientTokenInUse: "client token in use",
};

export function scenarios(file, what, subject) {
  return [
    run(`scenarios.json in ${what}`, file.scenarios, (scenario) => {
      const live = new Scenario(subject());
      scenario.steps.forEach((step, n) => {
        try {
          live[step.op](step);
        } catch (error) {
          throw new Error(`step ${n}, ${step.op}: ${error.message}`, { cause: error });
        }
      });
    }),
  ];
}

/** One scenario: each step by its name, with what it must come to. */
class Scenario {
  /** The vectors' names for real values. */
  #tunnels = new Map();
  #tokens = new Map();
  #subject;

  constructor(subject) {
    this.#subject = subject;
  }

  open({ minutes, thing, services, expect }) {
    const opened = this.#subject.open(minutes, thing ?? undefined, services);
    this.#tunnels.set(expect.tunnel, opened.tunnel);
    this.#learn(opened, expect);
  }

  describe({ tunnel, expect }) {
    same("description", this.#subject.describe(this.#tunnel(tunnel)), expect);
  }

  connect({ token, side, clientToken, expect }) {
    const outcome = this.#subject.connect(this.#token(token), side, clientToken ?? undefined);
    same("handshake", WORDS[outcome] ?? outcome, expect);
  }

  disconnect({ tunnel, side }) {
    this.#subject.disconnect(this.#tunnel(tunnel), side);
  }

  rotate({ tunnel, clientMode, destinationConfig, expect }) {
    const rotated = this.#subject.rotate(this.#tunnel(tunnel), clientMode, destinationConfig ?? undefined);
    same("refusal", rotated.error, expect.error);
    if (expect.error) return;
    same("connections closed", rotated.disconnected, expect.disconnected);
    this.#learn(rotated, expect);
  }

  advance({ minutes }) {
    this.#subject.advance(minutes);
  }

  close({ tunnel }) {
    this.#subject.close(this.#tunnel(tunnel));
  }

  #tunnel(name) {
    return this.#tunnels.get(name) ?? name;
  }

  #token(name) {
    return this.#tokens.get(name) ?? name;
  }

  /** Compares what was issued with what was expected, and learns the new names. Tokens stay out of the failure's text. */
  #learn(issued, expect) {
    same("sides with a new token", Object.keys(issued.tokens).sort(), Object.keys(expect.tokens).sort());
    for (const [side, name] of Object.entries(expect.tokens)) {
      const value = issued.tokens[side];
      if ([...this.#tokens.values()].includes(value)) throw new Error(`token ${name} was issued before`);
      this.#tokens.set(name, value);
    }
    const told = ({ thing, services } = {}) => ({ thing, services });
    same("thing and services notified", told(issued.notified ?? undefined), told(expect.notified ?? undefined));
    if (issued.notified && issued.notified.token !== this.#token(expect.notified.token)) {
      throw new Error("the notification holds another token than the destination's new one");
    }
  }
}
