import type { LeftBy } from '../api-types.ts';
import type { AskedProxies } from './ejections.ts';

/** Envoy's word for an endpoint that was ejected for failing. */
export const ejectedFlag = 'failed_outlier_check';

/** Who does without an endpoint of a host, by the number of the service's port and its address: once for each client and subset. */
export function leavers(
  asked: AskedProxies['asked'],
  host: string,
): (port: number, address: string) => readonly LeftBy[] {
  const found = new Map<string, Map<string, LeftBy>>();
  for (const { client, look } of asked) {
    for (const { cluster, address, flags, since } of look.answer?.endpoints ?? []) {
      const [, port = '', subset = '', called] = cluster.split('|');
      if (called !== host) continue;
      const at = `${port} ${address}`;
      const by = found.get(at) ?? new Map<string, LeftBy>();
      found.set(at, by);
      const key = `${client} ${subset}`;
      const before = by.get(key);
      if (before === undefined || since < before.since) by.set(key, { client, subset, flags, since });
    }
  }
  return (port, address) => [...(found.get(`${port} ${address}`)?.values() ?? [])];
}
