import type { TcpConnectionIR } from '../../ir/types/outbound.ts';
import type { Message } from '../resource.ts';
import { duration, given } from './common.ts';

/** Fields of tcp_proxy. */
export function translateTcpConnection(connection: TcpConnectionIR | undefined): Message {
  if (connection === undefined) return {};
  const { idleTimeoutMs, maxDurationMs, bySourceIp, tunnel } = connection;
  return given({
    idle_timeout: idleTimeoutMs === undefined ? undefined : duration(idleTimeoutMs),
    max_downstream_connection_duration: maxDurationMs === undefined ? undefined : duration(maxDurationMs),
    hash_policy: bySourceIp === true ? [{ source_ip: {} }] : undefined,
    tunneling_config: tunnel && { hostname: tunnel.target, ...(tunnel.method === 'POST' ? { use_post: true } : {}) },
  });
}
