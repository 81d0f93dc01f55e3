/** Whoever is refused is seen, with the reason. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { describe, test } from "node:test";
import { screenshot } from "./browser.js";

/** Tries a token at the data plane, and gives the reason of the refusal. */
async function refusalOf(service, side, token) {
  const url = `${service.ready.data_plain.replace("ws:", "http:")}/tunnel?local-proxy-mode=${side}`;
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "aws.iot.securetunneling-3.0",
    "access-token": token,
  };
  const [response] = await once(request(url, { headers }).end(), "response");
  response.resume();
  assert.equal(response.statusCode, 400);
  return response.headers["x-status-reason"];
}

export function refusals(rig) {
  describe("refusals", () => {
    test("a revoked token's use is told at its side and in the timeline, with the reason", () =>
      rig().visit(async (page) => {
        const { tunnelId, sourceAccessToken } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        await page.rotate("Source");
        const reason = await refusalOf(rig().site.service, "source", sourceAccessToken);
        assert.match(reason, /revoked by a rotation/);
        await page.timeline.filter({ hasText: "Source refused" }).getByText(reason, { exact: true }).waitFor();
        await page.sideSays("Source", `Refused since then: ${reason}`);
        await screenshot(page.tab, "refused");
      }));

    test("an old token that is tried once more after a rotation is no alarm at a side that is connected", () =>
      rig().visit(async (page) => {
        const { tunnelId, destinationAccessToken } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        await page.sideSays("Destination", /^Connected/);
        await page.rotate("Destination");
        await page.timeline.filter({ hasText: "Destination used its token and connected" }).nth(1).waitFor();
        const reason = await refusalOf(rig().site.service, "destination", destinationAccessToken);
        assert.match(reason, /revoked by a rotation/);
        await page.sideSays("Destination", "The old token was tried once more, and refused");
        await page.sideSays("Destination", /^Connected/);
        assert.equal(await page.side("Destination").getByText("Refused since then").count(), 0);
        await screenshot(page.tab, "refused-expected");
      }));

    test("the other side's token is told as that", () =>
      rig().visit(async (page) => {
        const { tunnelId, sourceAccessToken } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        const reason = await refusalOf(rig().site.service, "destination", sourceAccessToken);
        assert.match(reason, /other side/);
        await page.timeline.filter({ hasText: "Destination refused" }).getByText(reason, { exact: true }).waitFor();
      }));

    test("a closed tunnel's refusal says that it is closed", () =>
      rig().visit(async (page) => {
        const { tunnelId, sourceAccessToken } = await rig().site.open(["SHELL"]);
        await page.show(tunnelId);
        await rig().site.call("CloseTunnel", { tunnelId });
        const reason = await refusalOf(rig().site.service, "source", sourceAccessToken);
        await page.timeline.filter({ hasText: "Source refused" }).getByText(reason, { exact: true }).waitFor();
      }));
  });
}
