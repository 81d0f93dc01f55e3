/** A tunnel in memory says what its service would do. The scenarios of the vectors judge its rules. */

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";

import { claimedTunnelId, init, LocalTunnel } from "../../wasm/dist/local.js";

await init();

const CLIENT_TOKEN = "0123456789-0123456789-0123456789-x";

/** A tunnel in time that stands until it is moved. */
function open(options = {}) {
  const clock = { now: 1_700_000_000_000 };
  const opened = LocalTunnel.open({
    tunnelId: "t-1",
    destinationConfig: { thingName: "pump-7", services: ["SSH", "RDP"] },
    now: () => clock.now,
    ...options,
  });
  return { clock, ...opened };
}

test("an opened tunnel has two tokens, tells the device, and describes itself", () => {
  const { tunnel, clock, sourceAccessToken, destinationAccessToken, effects } = open({ lifetimeMinutes: 5 });
  assert.notEqual(sourceAccessToken, destinationAccessToken);
  assert.deepEqual([claimedTunnelId(sourceAccessToken), claimedTunnelId(destinationAccessToken)], ["t-1", "t-1"]);
  assert.deepEqual(effects, [{ type: "notify", thingName: "pump-7", accessToken: destinationAccessToken, services: ["SSH", "RDP"] }]);
  const side = { status: "DISCONNECTED", lastUpdatedAt: clock.now, generation: 0 };
  assert.deepEqual(tunnel.describe(), {
    tunnelId: "t-1",
    status: "OPEN",
    createdAt: clock.now,
    endsAt: clock.now + 300_000,
    lastUpdatedAt: clock.now,
    lifetimeMinutes: 5,
    thingName: "pump-7",
    services: ["SSH", "RDP"],
    source: side,
    destination: side,
  });
  assert.ok(!inspect(tunnel, { showHidden: true, depth: 9 }).includes(sourceAccessToken));
});

test("without a destination nobody is told, and the id is a random one", () => {
  const [one, two] = [LocalTunnel.open(), LocalTunnel.open()];
  assert.deepEqual(one.effects, []);
  assert.deepEqual(one.tunnel.describe().services, []);
  assert.notEqual(one.tunnel.describe().tunnelId, two.tunnel.describe().tunnelId);
});

test("a rotation closes the connections of its sides, and the old tokens are revoked", () => {
  const { tunnel, sourceAccessToken, destinationAccessToken } = open();
  const source = tunnel.connect({ side: "source", accessToken: sourceAccessToken, clientToken: CLIENT_TOKEN });
  const destination = tunnel.connect({ side: "destination", accessToken: destinationAccessToken });
  assert.notEqual(source.connection, destination.connection);
  assert.equal(tunnel.describe().source.status, "CONNECTED");
  const rotated = tunnel.rotate({ clientMode: "ALL", destinationConfig: { services: ["VNC"] } });
  assert.deepEqual(rotated.effects.filter(({ type }) => type === "disconnect").map(({ side, connection }) => [side, connection]), [
    ["source", source.connection],
    ["destination", destination.connection],
  ]);
  assert.deepEqual(tunnel.describe().services, ["VNC"]);
  assert.throws(() => tunnel.connect({ side: "source", accessToken: sourceAccessToken, clientToken: CLIENT_TOKEN }), {
    name: "RefusalError",
    code: "AccessTokenRevoked",
    party: "service",
  });
  const again = tunnel.connect({ side: "source", accessToken: rotated.sourceAccessToken });
  assert.deepEqual(again.effects, []);
  assert.throws(() => tunnel.rotate({ clientMode: "SOURCE", destinationConfig: { services: ["SSH"] } }), {
    code: "DestinationConfigWithSource",
  });
});

test("a connection of the same token takes the place of the one before, and the peer's streams are reset", () => {
  const { tunnel, sourceAccessToken, destinationAccessToken } = open();
  tunnel.connect({ side: "destination", accessToken: destinationAccessToken });
  const first = tunnel.connect({ side: "source", accessToken: sourceAccessToken, clientToken: CLIENT_TOKEN });
  const second = tunnel.connect({ side: "source", accessToken: sourceAccessToken, clientToken: CLIENT_TOKEN });
  assert.deepEqual(second.effects, [
    { type: "disconnect", side: "source", connection: first.connection, reason: "replaced by a new connection" },
    { type: "reset-peer", side: "destination" },
  ]);
  assert.deepEqual(tunnel.disconnect("source", first.connection).effects, []);
  assert.equal(tunnel.describe().source.status, "CONNECTED");
  tunnel.disconnect("source", second.connection);
  assert.equal(tunnel.describe().source.status, "DISCONNECTED");
});

test("a client token goes with one access token, of all tunnels", () => {
  const [one, two] = [open(), open({ tunnelId: "t-2" })];
  one.tunnel.connect({ side: "source", accessToken: one.sourceAccessToken, clientToken: CLIENT_TOKEN });
  assert.ok(one.tunnel.binds(CLIENT_TOKEN) && !two.tunnel.binds(CLIENT_TOKEN));
  for (const [tunnel, handshake] of [
    [one.tunnel, { side: "destination", accessToken: one.destinationAccessToken }],
    [two.tunnel, { side: "source", accessToken: two.sourceAccessToken, clientTokenInUse: one.tunnel.binds(CLIENT_TOKEN) }],
  ]) {
    assert.throws(() => tunnel.connect({ ...handshake, clientToken: CLIENT_TOKEN }), { code: "ClientTokenInUse" });
  }
});

test("time closes a tunnel, and forgets it later", () => {
  const { tunnel, clock, sourceAccessToken } = open({ lifetimeMinutes: 1 });
  const { connection } = tunnel.connect({ side: "source", accessToken: sourceAccessToken });
  assert.deepEqual(tunnel.expire().effects, []);
  assert.equal(tunnel.deadline, clock.now + 60_000);
  clock.now = tunnel.deadline;
  assert.deepEqual(tunnel.expire().effects.map(({ type, connection }) => [type, connection]), [["disconnect", connection]]);
  const { status, closedBy, closedAt } = tunnel.describe();
  assert.deepEqual([status, closedBy, closedAt], ["CLOSED", "lifetime", clock.now]);
  assert.throws(() => tunnel.rotate({ clientMode: "ALL" }), { code: "TunnelExpired" });
  clock.now = tunnel.deadline;
  assert.deepEqual(tunnel.expire().effects, [{ type: "deleted" }]);
});

test("a tunnel can be closed and deleted by hand", () => {
  const { tunnel } = open();
  assert.deepEqual(tunnel.close({ delete: true }).effects, [{ type: "deleted" }]);
  assert.deepEqual(tunnel.describe().closedBy, "request");
});

test("what cannot be is refused, and says what is allowed", () => {
  for (const [options, code] of [
    [{ tunnelId: "a b" }, "InvalidTunnelId"],
    [{ lifetimeMinutes: 721 }, "LifetimeOutOfRange"],
    [{ destinationConfig: { services: [] } }, "NoServices"],
    [{ destinationConfig: { services: ["a", "b", "c", "d"] } }, "TooManyServices"],
    [{ destinationConfig: { thingName: "a/b", services: ["a"] } }, "InvalidThingName"],
  ]) {
    assert.throws(() => open(options), { code });
  }
  const { tunnel } = open();
  assert.throws(() => tunnel.connect({ side: "source", accessToken: "nonsense" }), { code: "UnknownAccessToken" });
  assert.throws(() => claimedTunnelId("nonsense"), { code: "UnknownAccessToken" });
});
