/** A tunnel, as DescribeTunnel tells of it. */

import type { Side } from "iot-tunnel";
import { call } from "./api.js";

/** One end's connection. */
export interface End {
  readonly connected: boolean;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
}

/** What the page knows of a tunnel. Times are milliseconds since 1970. */
export interface Tunnel {
  readonly id: string;
  readonly arn: string;
  readonly open: boolean;
  readonly description?: string;
  readonly thingName?: string;
  readonly services: readonly string[];
  readonly createdAt: number;
  readonly endsAt: number;
  readonly ends: Readonly<Record<Side, End>>;
}

interface StateBody {
  status: "CONNECTED" | "DISCONNECTED";
  /** Absent where the side never connected. */
  lastUpdatedAt?: number;
}

interface TunnelBody {
  tunnelId: string;
  tunnelArn: string;
  status: "OPEN" | "CLOSED";
  description?: string;
  destinationConfig?: { thingName?: string; services: string[] };
  timeoutConfig: { maxLifetimeTimeoutMinutes: number };
  createdAt: number;
  sourceConnectionState: StateBody;
  destinationConnectionState: StateBody;
}

/** Asks for a tunnel. */
export async function describe(tunnelId: string): Promise<Tunnel> {
  const { tunnel } = await call<{ tunnel: TunnelBody }>("DescribeTunnel", { tunnelId });
  const createdAt = tunnel.createdAt * 1000;
  const { thingName, services = [] } = tunnel.destinationConfig ?? {};
  return {
    id: tunnel.tunnelId,
    arn: tunnel.tunnelArn,
    open: tunnel.status === "OPEN",
    ...(tunnel.description !== undefined && { description: tunnel.description }),
    ...(thingName !== undefined && { thingName }),
    services,
    createdAt,
    endsAt: createdAt + tunnel.timeoutConfig.maxLifetimeTimeoutMinutes * 60_000,
    ends: {
      source: end(tunnel.sourceConnectionState, createdAt),
      destination: end(tunnel.destinationConnectionState, createdAt),
    },
  };
}

function end({ status, lastUpdatedAt }: StateBody, createdAt: number): End {
  const since = lastUpdatedAt === undefined ? createdAt : lastUpdatedAt * 1000;
  return { connected: status === "CONNECTED", since };
}

/** What a person calls the tunnel: what it was described as, else its device, else its id. */
export function titleOf(tunnel: Tunnel): string {
  return tunnel.description ?? tunnel.thingName ?? tunnel.id;
}
