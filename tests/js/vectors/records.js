/** The service's records, by the raw bindings, as a subject of the scenarios. */

const MINUTE = 60_000;

/** @param raw the raw bindings of the entry `local`, initialised */
export class Records {
  #raw;
  #records = new Map();
  /** Of each tunnel and side the number of the live connection. */
  #live = new Map();
  #now = 0;
  #counter = 0;

  constructor(raw) {
    this.#raw = raw;
  }

  open(minutes, thing, services) {
    const id = `tunnel-${++this.#counter}`;
    const effects = {};
    const names = services.length > 0 ? services : undefined;
    this.#records.set(id, this.#raw.TunnelRecord.open(this.#now, id, thing, names, minutes, effects));
    return { tunnel: id, ...this.#issued(id, effects) };
  }

  describe(tunnel) {
    const { status, sourceStatus, destinationStatus, endsAt } = this.#description(tunnel);
    return { status, source: sourceStatus, destination: destinationStatus, closesAtMinute: endsAt / MINUTE };
  }

  connect(token, side, clientToken) {
    try {
      const id = this.#raw.claimedTunnelId(token);
      const record = this.#records.get(id);
      if (record === undefined) return "UnknownAccessToken";
      const inUse = clientToken !== undefined && [...this.#records.values()].some((one) => one.binds(this.#now, clientToken));
      const connection = ++this.#counter;
      const effects = {};
      record.connect(this.#now, side, token, clientToken, inUse, connection, effects);
      this.#live.set(`${id} ${side}`, connection);
      return "reason" in effects ? "replaced" : "accepted";
    } catch (error) {
      return error.code;
    }
  }

  disconnect(tunnel, side) {
    const key = `${tunnel} ${side}`;
    if (this.#live.has(key)) this.#records.get(tunnel).disconnect(this.#now, side, this.#live.get(key), {});
    this.#live.delete(key);
  }

  rotate(tunnel, clientMode, config) {
    // Constraints of the request come before the state of the tunnel.
    if (clientMode === "SOURCE" && config !== undefined) return { error: "ValidationException" };
    const record = this.#records.get(tunnel);
    if (record === undefined) return { error: "ResourceNotFoundException" };
    const effects = {};
    try {
      record.rotate(this.#now, clientMode, config?.thingName ?? undefined, config?.services, effects);
    } catch (error) {
      if (!/^Tunnel(Closed|Expired)$/.test(error.code)) throw error;
      return { error: "ResourceNotFoundException" };
    }
    const closed = { source: "disconnectSource", destination: "disconnectDestination" };
    const disconnected = Object.keys(closed).filter((side) => closed[side] in effects);
    return { disconnected, ...this.#issued(tunnel, effects) };
  }

  advance(minutes) {
    this.#now += minutes * MINUTE;
  }

  close(tunnel) {
    this.#records.get(tunnel).close(this.#now, false, {});
  }

  #description(tunnel) {
    const services = [];
    const description = { services };
    this.#records.get(tunnel).describe(this.#now, description, services);
    return description;
  }

  #issued(tunnel, effects) {
    const { sourceAccessToken: source, destinationAccessToken: destination } = effects;
    const tokens = { ...(source && { source }), ...(destination && { destination }) };
    if (!effects.notify) return { tokens };
    const { thingName: thing, services } = this.#description(tunnel);
    return { tokens, notified: { thing, token: destination, services } };
  }
}
