import type { ConnectionsIR, LimitsIR, UpstreamProtocolIR } from '../../ir/types/cluster.ts';
import { isHttp2, listenerProtocol, type Protocol } from '../../model/protocol.ts';
import type { ConnectionPool } from '../../schema/common/connection-pool.ts';
import { given, milliseconds } from '../given.ts';
import type { EffectivePolicy } from './effective.ts';

/** Envoy wants one; this is gRPC's. */
const defaultPingTimeoutMs = 20_000;

/** 0 and absent are without limit, as in Istio. */
const limit = (value: number | undefined) => (value === undefined || value === 0 ? undefined : value);

export function limitsOf({ connectionPool: pool, retryBudget }: EffectivePolicy): LimitsIR {
  return given({
    connections: limit(pool?.tcp?.maxConnections),
    pending: limit(pool?.http?.http1MaxPendingRequests),
    requests: limit(pool?.http?.http2MaxRequests),
    retries: limit(pool?.http?.maxRetries),
    retryBudget: retryBudget && {
      percent: retryBudget.percent ?? 20,
      minConcurrency: retryBudget.minRetryConcurrency ?? 3,
      ...given({ intervalMs: milliseconds(retryBudget.interval) }),
    },
  });
}

export function connectionsOf(pool: ConnectionPool | undefined): ConnectionsIR {
  const { tcp, http } = pool ?? {};
  const keepAlive = tcp?.tcpKeepalive;
  const pings = http?.http2KeepAlive;
  return given({
    idleTimeoutMs: milliseconds(http?.idleTimeout) ?? milliseconds(tcp?.idleTimeout),
    maxDurationMs: milliseconds(tcp?.maxConnectionDuration),
    requestsPerConnection: limit(http?.maxRequestsPerConnection),
    maxConcurrentStreams: limit(http?.maxConcurrentStreams),
    pings: pings && {
      ...given({ intervalMs: milliseconds(pings.interval) }),
      timeoutMs: milliseconds(pings.timeout) ?? defaultPingTimeoutMs,
    },
    keepAlive:
      keepAlive &&
      given({
        probes: limit(keepAlive.probes),
        timeMs: milliseconds(keepAlive.time),
        intervalMs: milliseconds(keepAlive.interval),
      }),
  });
}

export function connectTimeoutOf(pool: ConnectionPool | undefined, fallbackMs: number): number {
  return milliseconds(pool?.tcp?.connectTimeout) ?? fallbackMs;
}

/** What is spoken to the endpoints: by the port's protocol, and by the wish to upgrade what is HTTP/1.1. */
export function upstreamProtocolOf(
  protocol: Protocol,
  pool: ConnectionPool | undefined,
  meshUpgrade: 'DO_NOT_UPGRADE' | 'UPGRADE',
): UpstreamProtocolIR {
  const kind = listenerProtocol(protocol);
  if (kind === 'tcp') return 'tcp';
  if (isHttp2(protocol)) return 'http2';
  if (pool?.http?.useClientProtocol === true) return 'same';
  const wish = pool?.http?.h2UpgradePolicy ?? 'DEFAULT';
  // A mesh that upgrades does so only where the port is known to speak HTTP.
  const upgrade = wish === 'UPGRADE' || (wish === 'DEFAULT' && meshUpgrade === 'UPGRADE' && kind === 'http');
  if (upgrade) return 'http2';
  return kind === 'auto' ? 'same' : 'http';
}
