/** Tunnels in memory, as a subject of the scenarios. */

const MINUTE = 60_000;

/** @param local the entry `local`, initialised */
export class Records {
  #local;
  #tunnels = new Map();
  /** Of each tunnel and side the number of the live connection. */
  #live = new Map();
  #now = 0;

  constructor(local) {
    this.#local = local;
  }

  open(lifetimeMinutes, thingName, services) {
    const destinationConfig = services.length > 0 ? { thingName, services } : undefined;
    const { tunnel, ...opened } = this.#local.LocalTunnel.open({ destinationConfig, lifetimeMinutes, now: () => this.#now });
    const { tunnelId } = tunnel.describe();
    this.#tunnels.set(tunnelId, tunnel);
    return { tunnel: tunnelId, ...issued(opened) };
  }

  describe(tunnel) {
    const { status, source, destination, endsAt } = this.#tunnels.get(tunnel).describe();
    return { status, source: source.status, destination: destination.status, closesAtMinute: endsAt / MINUTE };
  }

  connect(accessToken, side, clientToken) {
    try {
      const id = this.#local.claimedTunnelId(accessToken);
      const tunnel = this.#tunnels.get(id);
      if (tunnel === undefined) return "UnknownAccessToken";
      const others = [...this.#tunnels.values()].filter((other) => other !== tunnel);
      const clientTokenInUse = clientToken !== undefined && others.some((other) => other.binds(clientToken));
      const { connection, effects } = tunnel.connect({ side, accessToken, clientToken, clientTokenInUse });
      this.#live.set(`${id} ${side}`, connection);
      return effects.some(({ type }) => type === "disconnect") ? "replaced" : "accepted";
    } catch (error) {
      return error.code;
    }
  }

  disconnect(tunnel, side) {
    const key = `${tunnel} ${side}`;
    if (this.#live.has(key)) this.#tunnels.get(tunnel).disconnect(side, this.#live.get(key));
    this.#live.delete(key);
  }

  rotate(id, clientMode, destinationConfig) {
    // Constraints of the request come before the state of the tunnel.
    if (clientMode === "SOURCE" && destinationConfig !== undefined) return { error: "ValidationException" };
    const tunnel = this.#tunnels.get(id);
    if (tunnel === undefined) return { error: "ResourceNotFoundException" };
    try {
      const { thingName, services } = destinationConfig ?? {};
      const config = destinationConfig && { thingName: thingName ?? undefined, services };
      const rotated = tunnel.rotate({ clientMode, destinationConfig: config });
      const disconnects = rotated.effects.filter(({ type }) => type === "disconnect");
      return { disconnected: disconnects.map(({ side }) => side), ...issued(rotated) };
    } catch (error) {
      if (!/^Tunnel(Closed|Expired)$/.test(error.code)) throw error;
      return { error: "ResourceNotFoundException" };
    }
  }

  advance(minutes) {
    this.#now += minutes * MINUTE;
  }

  close(tunnel) {
    this.#tunnels.get(tunnel).close();
  }
}

function issued({ sourceAccessToken: source, destinationAccessToken: destination, effects }) {
  const notify = effects.find(({ type }) => type === "notify");
  return {
    tokens: { ...(source && { source }), ...(destination && { destination }) },
    ...(notify && { notified: { thing: notify.thingName, token: notify.accessToken, services: notify.services } }),
  };
}
