import type { TcpConnectionIR } from '../../ir/types/outbound.ts';
import { given, milliseconds } from '../given.ts';
import type { EffectivePolicy } from './effective.ts';

/** What a policy says of connections of which no more is known; undefined when it says nothing. */
export function tcpConnectionOf({
  connectionPool,
  loadBalancer,
  tunnel,
}: EffectivePolicy): TcpConnectionIR | undefined {
  const { idleTimeout, maxConnectionDuration } = connectionPool?.tcp ?? {};
  const connection: TcpConnectionIR = given({
    idleTimeoutMs: milliseconds(idleTimeout),
    maxDurationMs: milliseconds(maxConnectionDuration),
    bySourceIp: loadBalancer?.consistentHash?.useSourceIp === true ? (true as const) : undefined,
    tunnel: tunnel && tunnelOf(tunnel),
  });
  return Object.keys(connection).length === 0 ? undefined : connection;
}

function tunnelOf({ targetHost, targetPort, protocol }: NonNullable<EffectivePolicy['tunnel']>) {
  const host = targetHost.includes(':') ? `[${targetHost}]` : targetHost;
  return { target: `${host}:${targetPort}`, method: protocol === 'POST' ? 'POST' : 'CONNECT' } as const;
}
