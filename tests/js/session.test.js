/** The raw session: two of them, joined by copying bytes, in virtual time. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { init } from "../../wasm/dist/index.js";
import { memory } from "../../wasm/dist/connection-module.js";
import { CLOSE_CODE, CONNECTION, ERROR, FRAME, PAYLOAD, REPLACES, SERVICE } from "../../wasm/dist/connection/places.js";
import { Report } from "../../wasm/dist/connection/report.js";
import { encodeMessage, init as initLocal } from "../../wasm/dist/local.js";
import { inboxCapacity, serviceOf, Session } from "../../wasm/dist/raw/connection.js";

await Promise.all([init(), initLocal()]);

const V3 = "aws.iot.securetunneling-3.0";
const SERVICE_IDS = 5;
/** Time stands still, and how often somebody asks is counted. */
const CLOCK = {
  asked: 0,
  now() {
    CLOCK.asked += 1;
    return 0;
  },
};

/** A session, what it sent, and what it was told. */
class End {
  constructor(side, services = ["SSH", "RDP"]) {
    this.announced = [];
    this.raw = new Session(CLOCK, this.announced, side, services, "V3", 64_512);
    this.report = new Report(this.raw.report);
    this.raw.token(side, "token", undefined);
    this.sent = [];
    this.events = [];
    this.received = [];
  }

  /** Does what the session asks for, until it waits. */
  drive() {
    for (;;) {
      const tokens = {};
      const output = this.raw.poll(tokens);
      if (output === "wait") return;
      if (output === "connect") {
        this.tokens = tokens;
        this.raw.happened("accepted", 101, V3);
        this.take(frame({ type: SERVICE_IDS, availableServiceIds: ["SSH", "RDP"] }));
      }
      if (output === "send") {
        this.sent.push(this.report.bytes(FRAME).slice());
        this.raw.sent(this.report.number(FRAME + 1));
      }
    }
  }

  /** Takes the bytes of a WebSocket message. */
  take(bytes) {
    for (let at = 0; at < bytes.length; at += inboxCapacity()) {
      const part = bytes.subarray(at, at + inboxCapacity());
      memory().set(part, this.raw.inbox);
      for (let written = part.length; ; written = 0) {
        const kind = this.raw.handle(written);
        if (kind === "none") break;
        const [connection, replaces, fault, service] = [CONNECTION, REPLACES, ERROR, SERVICE].map((place) => this.report.number(place));
        if (kind === "data") this.received.push(this.report.bytes(PAYLOAD).slice());
        this.events.push({ kind, connection, replaces, fault, service, services: this.announced.splice(0) });
      }
    }
  }

  /** Sends bytes of a connection; says how many were taken. */
  send(connection, bytes) {
    memory().set(bytes, this.raw.outbox);
    const taken = this.raw.send(connection, bytes.length);
    if (taken > 0) this.sent.push(this.report.bytes(FRAME).slice());
    return taken;
  }

  /** Hands over everything sent so far. */
  flushTo(other) {
    this.drive();
    for (const bytes of this.sent.splice(0)) other.take(bytes);
  }
}

/** A message as a frame. */
function frame(message) {
  const bytes = encodeMessage(message);
  return Uint8Array.of(bytes.length >> 8, bytes.length & 255, ...bytes);
}

function pair() {
  const ends = [new End("source"), new End("destination")];
  for (const end of ends) {
    end.drive();
    assert.equal(end.raw.status, "open");
    assert.deepEqual(end.events.splice(0).map(({ kind, services }) => [kind, services]), [["open", ["SSH", "RDP"]]]);
  }
  return ends;
}

test("bytes go through a connection both ways as they were, whatever their length", () => {
  const [source, destination] = pair();
  const connection = source.raw.open(1);
  assert.notEqual(connection, 0);
  assert.equal(serviceOf(connection), 1);
  source.flushTo(destination);
  const started = destination.events.splice(0);
  assert.deepEqual(started.map(({ kind }) => kind), ["started"]);
  const there = started[0].connection;
  assert.equal(serviceOf(there), 1);
  for (const length of [1, 127, 128, 1000, 63_000, 64_512]) {
    const payload = Uint8Array.from({ length }, (_, at) => at * 7 + length);
    for (const [from, name, to] of [[source, connection, destination], [destination, there, source]]) {
      assert.equal(from.send(name, payload), length);
      from.flushTo(to);
      assert.deepEqual(to.received.splice(0), [payload]);
    }
  }
  destination.raw.reset(there);
  destination.flushTo(source);
  assert.deepEqual(source.events.filter(({ kind }) => kind !== "data").map(({ kind, connection }) => [kind, connection]), [["ended", connection]]);
  assert.throws(() => source.send(connection, Uint8Array.of(1)), { code: "ConnectionEnded", party: "caller" });
});

test("nobody asks for the time with data", () => {
  const [source, destination] = pair();
  const connection = source.raw.open(0);
  source.flushTo(destination);
  source.send(connection, Uint8Array.of(1));
  const before = CLOCK.asked;
  for (const bytes of source.sent) for (let count = 0; count < 100; count += 1) destination.take(bytes);
  assert.deepEqual([destination.received.length, CLOCK.asked], [100, before]);
});

test("data waits for what is to be sent before it", () => {
  const [source] = pair();
  const connection = source.raw.open(0);
  assert.equal(source.send(connection, Uint8Array.of(1)), 0);
  source.drive();
  assert.equal(source.send(connection, Uint8Array.of(1)), 1);
  assert.throws(() => source.raw.send(connection, 64_513), { code: "PayloadTooLong" });
});

test("a message longer than the inbox, and one cut anywhere, are the same bytes", () => {
  const [source, destination] = pair();
  const connection = source.raw.open(0);
  source.flushTo(destination);
  const payloads = [1, 2, 3, 4].map((n) => new Uint8Array(60_000).fill(n));
  for (const payload of payloads) source.send(connection, payload);
  const bytes = Uint8Array.from(source.sent.splice(0).flatMap((frame) => [...frame]));
  assert.ok(bytes.length > inboxCapacity());
  destination.take(bytes);
  assert.deepEqual(destination.received.splice(0), payloads);
  for (let at = 0; at < bytes.length; at += 7_919) destination.take(bytes.subarray(at, at + 7_919));
  assert.deepEqual(destination.received.splice(0), payloads);
  destination.events = [];
});

test("what cannot have been written to the inbox is refused, and takes nothing from what waits there", () => {
  const [source, destination] = pair();
  const connection = source.raw.open(0);
  source.flushTo(destination);
  const refused = (end, written) => {
    assert.equal(end.raw.handle(written), "misuse");
    return end.report.number(ERROR);
  };
  assert.equal(refused(destination, inboxCapacity() + 1), 401);
  for (const payload of ["one", "two"]) source.send(connection, Buffer.from(payload));
  const both = Buffer.concat(source.sent.splice(0));
  memory().set(both, destination.raw.inbox);
  assert.equal(destination.raw.handle(both.length), "data");
  // The second still waits.
  assert.equal(refused(destination, 1), 401);
  assert.equal(destination.raw.handle(0), "data");
  assert.deepEqual(Buffer.from(destination.report.bytes(PAYLOAD)), Buffer.from("two"));
  destination.raw.happened("closed", 0, "");
  assert.equal(refused(destination, 1), 161);
});

test("a fresh client token goes with an access token, or the one given, or none", () => {
  for (const [given, expected] of [[undefined, /^[0-9a-f]{64}$/], ["c".repeat(32), /^c{32}$/], ["", undefined]]) {
    const raw = new Session(CLOCK, [], "source", undefined, "V3", 64_512);
    assert.equal(raw.status, "awaiting-token");
    assert.equal(raw.withoutToken, "none");
    assert.equal(raw.token("source", "token", given), "new");
    assert.equal(raw.token("source", "token", given), "same");
    const tokens = {};
    assert.equal(raw.poll(tokens), "connect");
    assert.equal(tokens.accessToken, "token");
    if (expected) assert.match(tokens.clientToken, expected);
    else assert.equal(tokens.clientToken, undefined);
    raw.happened("refused", 403, "");
    assert.deepEqual([raw.status, raw.withoutToken], ["awaiting-token", "refused"]);
    raw.free();
  }
});

test("a call that is out of order changes nothing and says so", () => {
  const raw = new Session(CLOCK, [], "destination", ["SSH"], "V3", 64_512);
  for (const [call, code] of [
    [() => raw.happened("accepted", 101, V3), "NotConnecting"],
    [() => raw.happened("accepted", 101, "chat"), "WrongSubprotocol"],
    [() => raw.happened("closed", 1000, ""), "NotConnected"],
    [() => raw.happened("opened", 0, ""), "UnknownEnumValue"],
    [() => raw.open(0), "NotSource"],
    [() => raw.reset(7), "ConnectionEnded"],
    [() => raw.sent(1), "SentTooMuch"],
    [() => raw.token("source", "token", undefined), "TokenOfOtherSide"],
    [() => raw.token("destination", "to ken", undefined), "InvalidAccessToken"],
    [() => raw.token("destination", "token", "short"), "InvalidClientToken"],
    [() => raw.token("left", "token", undefined), "UnknownEnumValue"],
    [() => new Session(CLOCK, [], "source", [], "V3", 1), "NoServices"],
    [() => new Session(CLOCK, [], "source", ["a", "a"], "V3", 1), "DuplicateService"],
    [() => new Session(CLOCK, [], "source", ["a b"], "V3", 1), "InvalidServiceId"],
    [() => new Session(CLOCK, [], "source", ["a"], "V4", 1), "UnknownEnumValue"],
    [() => new Session(CLOCK, [], "source", ["a"], "V3", 0), "MaxPayloadOutOfRange"],
    [() => new Session(CLOCK, [], "source", ["a", "b", "c", "d"], "V3", 1), "ServiceTableFull"],
  ]) {
    assert.throws(call, { code });
    assert.equal(raw.status, "awaiting-token");
  }
});

test("what the peer does wrong ends the connection, and the number says what it was", () => {
  const [source] = pair();
  source.take(Uint8Array.of(0, 0));
  const [lost] = source.events;
  assert.deepEqual([lost.kind, lost.fault], ["lost", 304]);
  assert.equal(source.raw.poll({}), "close-websocket");
  assert.equal(source.report.number(CLOSE_CODE), 1002);
  assert.equal(source.raw.status, "backoff");
  assert.ok(source.raw.deadline <= 1000);
});
