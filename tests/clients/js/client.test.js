// @aws-sdk/client-iotsecuretunneling against a running service: every operation, every declared error.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import {
  CloseTunnelCommand,
  DescribeTunnelCommand,
  IoTSecureTunneling,
  IoTSecureTunnelingServiceException,
  LimitExceededException,
  ListTunnelsCommand,
  OpenTunnelCommand,
  ResourceNotFoundException,
  RotateTunnelAccessTokenCommand,
  paginateListTunnels,
} from "@aws-sdk/client-iotsecuretunneling";

import { REGION, startService } from "./service.js";

const ANYBODY = { accessKeyId: "AKIDANYBODY", secretAccessKey: "any secret" };

function connect(service, credentials = ANYBODY) {
  return new IoTSecureTunneling({ endpoint: service.control, region: REGION, credentials, maxAttempts: 1 });
}

/** The members of an answer that are set. */
function members({ $metadata, ...answer }) {
  return Object.keys(answer).filter((name) => answer[name] !== undefined).sort();
}

/** The error that `call` is refused with, after a look at what every refusal has. */
async function refusal(call, name, httpStatusCode = 400) {
  const error = await call.then(
    () => assert.fail(`${name} expected, but it succeeded`),
    (thrown) => thrown,
  );
  assert.ok(error instanceof IoTSecureTunnelingServiceException, String(error));
  assert.equal(error.name, name);
  assert.equal(error.$metadata.httpStatusCode, httpStatusCode);
  assert.ok(error.$metadata.requestId);
  assert.ok(error.message);
  return error;
}

describe("without credentials", () => {
  let service, client;
  before(async () => {
    service = await startService("--max-open-tunnels", "40");
    client = connect(service);
  });
  after(() => service.stop());

  const open = (input = {}) => client.openTunnel(input);
  const openFor = (thingName) => open({ destinationConfig: { thingName, services: ["SSH"] } });

  test("an opened tunnel is described as it was asked for, with dates as Date", async () => {
    const asked = {
      description: "pump room, süd",
      tags: [{ key: "team", value: "water" }],
      destinationConfig: { thingName: "pump-7", services: ["SSH", "HTTP"] },
      timeoutConfig: { maxLifetimeTimeoutMinutes: 90 },
    };
    const opened = await client.send(new OpenTunnelCommand(asked));
    assert.deepEqual(members(opened), ["destinationAccessToken", "sourceAccessToken", "tunnelArn", "tunnelId"]);
    const { tunnel } = await client.send(new DescribeTunnelCommand({ tunnelId: opened.tunnelId }));
    for (const [name, value] of Object.entries(asked)) assert.deepEqual(tunnel[name], value);
    assert.equal(tunnel.tunnelArn, opened.tunnelArn);
    assert.equal(tunnel.status, "OPEN");
    assert.equal(tunnel.sourceConnectionState.status, "DISCONNECTED");
    assert.equal(tunnel.destinationConnectionState.status, "DISCONNECTED");
    assert.ok(tunnel.createdAt instanceof Date && tunnel.lastUpdatedAt instanceof Date);
    assert.ok(Math.abs(tunnel.createdAt - Date.now()) < 60_000);
  });

  for (const [clientMode, withConfig, tokens] of [
    ["SOURCE", false, ["sourceAccessToken"]],
    ["DESTINATION", false, ["destinationAccessToken"]],
    ["DESTINATION", true, ["destinationAccessToken"]],
    ["ALL", false, ["destinationAccessToken", "sourceAccessToken"]],
    ["ALL", true, ["destinationAccessToken", "sourceAccessToken"]],
  ]) {
    const asked = `${clientMode} ${withConfig ? "with" : "without"} a destinationConfig`;
    test(`${asked} answers ${tokens.join(" and ")}`, async () => {
      const opened = await openFor("pump-7");
      const { tunnel: earlier } = await client.describeTunnel({ tunnelId: opened.tunnelId });
      const destinationConfig = withConfig ? { thingName: "pump-8", services: ["RDP"] } : undefined;
      const answer = await client.send(
        new RotateTunnelAccessTokenCommand({ tunnelId: opened.tunnelId, clientMode, destinationConfig }),
      );
      assert.deepEqual(members(answer), [...tokens, "tunnelArn"]);
      for (const name of tokens) assert.notEqual(answer[name], opened[name]);
      const { tunnel } = await client.describeTunnel({ tunnelId: opened.tunnelId });
      assert.deepEqual(tunnel.destinationConfig, destinationConfig ?? earlier.destinationConfig);
      assert.deepEqual(tunnel.createdAt, earlier.createdAt);
      assert.deepEqual(tunnel.timeoutConfig, earlier.timeoutConfig);
      await client.closeTunnel({ tunnelId: opened.tunnelId, delete: true });
    });
  }

  test("SOURCE with a destinationConfig is refused and changes nothing", async () => {
    const { tunnelId } = await openFor("pump-7");
    const { tunnel: earlier } = await client.describeTunnel({ tunnelId });
    const destinationConfig = { services: ["RDP"] };
    const call = client.rotateTunnelAccessToken({ tunnelId, clientMode: "SOURCE", destinationConfig });
    assert.match((await refusal(call, "ValidationException")).message, /destinationConfig/);
    assert.deepEqual((await client.describeTunnel({ tunnelId })).tunnel, earlier);
  });

  test("every violation of a request is named in one message", async () => {
    const { message } = await refusal(client.rotateTunnelAccessToken({ clientMode: "source" }), "ValidationException");
    assert.match(message, /^2 validation errors detected: /);
    assert.ok(
      message.includes(
        "Value 'source' at 'clientMode' failed to satisfy constraint: " +
          "Member must satisfy enum value set: [SOURCE, DESTINATION, ALL]",
      ),
    );
    assert.ok(message.includes("Value at 'tunnelId' failed to satisfy constraint: Member must not be null"));
  });

  test("the SDK's paginator walks every tunnel of a thing, newest first", async () => {
    const thingName = `thing-${randomUUID()}`;
    const opened = [];
    for (let n = 0; n < 5; n += 1) opened.push((await openFor(thingName)).tunnelId);
    const seen = [];
    const created = [];
    for await (const page of paginateListTunnels({ client, pageSize: 2 }, { thingName })) {
      assert.ok(page.tunnelSummaries.length <= 2);
      for (const summary of page.tunnelSummaries) {
        assert.ok(summary.createdAt instanceof Date && summary.lastUpdatedAt instanceof Date);
        seen.push(summary.tunnelId);
        created.push(summary.createdAt);
      }
    }
    assert.deepEqual(seen.sort(), opened.sort());
    assert.deepEqual(created, [...created].sort((one, other) => other - one));
    const onePage = await client.send(new ListTunnelsCommand({ thingName, maxResults: 5 }));
    assert.deepEqual(members(onePage), ["tunnelSummaries"]);
  });

  test("tags are listed, replaced and removed", async () => {
    const { tunnelArn: resourceArn } = await open({ tags: [{ key: "team", value: "water" }] });
    await client.tagResource({ resourceArn, tags: [{ key: "team", value: "power" }, { key: "site", value: "" }] });
    await client.untagResource({ resourceArn, tagKeys: ["site"] });
    const { tags } = await client.listTagsForResource({ resourceArn });
    assert.deepEqual(tags, [{ key: "team", value: "power" }]);
  });

  test("a closed tunnel stays described, a deleted one is gone", async () => {
    const { tunnelId } = await open();
    assert.deepEqual(members(await client.send(new CloseTunnelCommand({ tunnelId }))), []);
    assert.equal((await client.describeTunnel({ tunnelId })).tunnel.status, "CLOSED");
    await client.closeTunnel({ tunnelId, delete: true });
    await refusal(client.describeTunnel({ tunnelId }), "ResourceNotFoundException");
  });

  test("what does not exist, or is closed, is a ResourceNotFoundException of that class", async () => {
    const { tunnelId, tunnelArn } = await open();
    await client.closeTunnel({ tunnelId });
    const resourceArn = tunnelArn.replace(tunnelId, "never-opened");
    for (const call of [
      () => client.rotateTunnelAccessToken({ tunnelId, clientMode: "ALL" }),
      () => client.rotateTunnelAccessToken({ tunnelId: "never-opened", clientMode: "ALL" }),
      () => client.describeTunnel({ tunnelId: "never-opened" }),
      () => client.closeTunnel({ tunnelId: "never-opened" }),
      () => client.listTagsForResource({ resourceArn }),
      () => client.tagResource({ resourceArn, tags: [{ key: "k", value: "v" }] }),
      () => client.untagResource({ resourceArn, tagKeys: ["k"] }),
    ]) {
      assert.ok((await refusal(call(), "ResourceNotFoundException")) instanceof ResourceNotFoundException);
    }
  });

  test("a fourth service and one tunnel too many are a LimitExceededException of that class", async () => {
    const services = ["A", "B", "C", "D"];
    const fourth = await refusal(open({ destinationConfig: { services } }), "LimitExceededException");
    assert.ok(fourth instanceof LimitExceededException);
    let refused;
    for (let n = 0; n < 41 && !refused; n += 1) refused = await open().then(() => undefined, (error) => error);
    assert.ok(refused instanceof LimitExceededException, String(refused));
  });
});

describe("with credentials", () => {
  const operator = { accessKeyId: "AKIDOPERATOR", secretAccessKey: "operator-secret-0123456789" };
  const watcher = { accessKeyId: "AKIDWATCHER", secretAccessKey: "watcher-secret-0123456789" };
  let folder, service;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "iot-tunnel-"));
    const key = ({ accessKeyId, secretAccessKey }, action) =>
      `[[key]]\naccess_key_id = "${accessKeyId}"\nsecret_access_key = "${secretAccessKey}"\nactions = ["${action}"]\n`;
    const file = join(folder, "credentials.toml");
    await writeFile(file, key(operator, "iot:*") + key(watcher, "iot:ListTunnels"), { mode: 0o600 });
    service = await startService("--credentials", file);
  });
  after(async () => {
    await service.stop();
    await rm(folder, { recursive: true });
  });

  test("the right secret is let in, and may do what its key allows", async () => {
    const { tunnelId } = await connect(service, operator).openTunnel({});
    await connect(service, operator).rotateTunnelAccessToken({ tunnelId, clientMode: "ALL" });
    assert.equal((await connect(service, watcher).listTunnels({})).tunnelSummaries.length, 1);
  });

  test("a wrong secret, an unknown key and a missing permission are told apart", async () => {
    const wrong = connect(service, { ...operator, secretAccessKey: "not the secret" });
    await refusal(wrong.listTunnels({}), "InvalidSignatureException", 403);
    const unknown = connect(service, { ...operator, accessKeyId: "AKIDNOBODY" });
    await refusal(unknown.listTunnels({}), "UnrecognizedClientException", 403);
    await refusal(connect(service, watcher).openTunnel({}), "AccessDeniedException", 403);
  });
});
