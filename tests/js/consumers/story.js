/** What every consumer does with the package. It gives plain values, which can cross from a page to the test. */

/**
 * @param tunnel what it needs of `iot-tunnel` @param local what it needs of `iot-tunnel/local`
 */
export async function story(tunnel, local) {
  const early = thrown(() => tunnel.parseTunnelId("t-1"));
  await Promise.all([tunnel.init(), local.init()]);
  const bad = thrown(() => tunnel.parseTunnelId("no spaces"));
  const good = tunnel.rotateRequest({ tunnelId: "3fa85f64-5717", clientMode: "ALL", destinationConfig: { services: ["SSH"] } });
  const broken = tunnel.rotateRequest({ tunnelId: "no spaces", clientMode: "SOURCE", destinationConfig: { services: ["SSH"] } });
  const opened = local.LocalTunnel.open({ destinationConfig: { services: ["SSH"] } });
  const { connection } = opened.tunnel.connect({ side: "source", accessToken: opened.sourceAccessToken });
  const rotated = opened.tunnel.rotate({ clientMode: "SOURCE" });
  const revoked = thrown(() => opened.tunnel.connect({ side: "source", accessToken: opened.sourceAccessToken }));
  return {
    early: [early.name, early.code],
    id: tunnel.parseTunnelId("3fa85f64-5717"),
    bad: [bad.name, bad.code, bad.number, bad.party, bad instanceof tunnel.MisuseError],
    body: good.body,
    violations: broken.violations.map(({ member }) => member),
    tunnel: opened.tunnel.describe().status,
    effects: rotated.effects.map(({ type, side, connection: number }) => [type, side, number === connection]),
    // Two entries, two WebAssemblies, one family of errors.
    revoked: [revoked.code, revoked instanceof tunnel.RefusalError],
  };
}

/** What comes of it everywhere. */
export const EXPECTED = {
  early: ["MisuseError", "NotInitialised"],
  id: "3fa85f64-5717",
  bad: ["MisuseError", "InvalidTunnelId", 110, "caller", true],
  body: '{"tunnelId":"3fa85f64-5717","clientMode":"ALL","destinationConfig":{"services":["SSH"]}}',
  violations: ["destinationConfig", "tunnelId"],
  tunnel: "OPEN",
  effects: [["disconnect", "source", true]],
  revoked: ["AccessTokenRevoked", true],
};

function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
