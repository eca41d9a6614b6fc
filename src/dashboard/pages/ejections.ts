import type { Ejection } from '../api-types.ts';
import type { World } from './world.ts';

/** `outbound|<port>|<subset>|<host>`, as `ProxyUse` has it: what follows the first dot of the host stands apart, in letters alone. */
const cluster = /^outbound\|(\d{1,5})\|([^|]*)\|([^|;]+);? (\w*)$/;

/** How Envoy prints a host in them. */
function printed(host: string): string {
  const [head = '', ...tail] = host.split('.');
  return `${head} ${tail.length === 0 ? '' : `${tail.join('_').replace(/\W/g, '_')}_`}`;
}

/** Who has ejected endpoints of a host, as the proxies said last. */
export function ejectionsOf(world: Pick<World, 'mesh' | 'useOf'>, host: string): Ejection[] {
  return ejectionsByHost(world)(host);
}

/** The same for many hosts: the proxies are gone through once. */
export function ejectionsByHost({ mesh, useOf }: Pick<World, 'mesh' | 'useOf'>): (host: string) => Ejection[] {
  const { workloads, machines } = mesh.snapshot();
  const hosts = new Map<string, Map<string, Ejection>>();
  for (const { id, namespace, workloadName, meshed } of [...workloads.values(), ...machines.values()]) {
    if (!meshed) continue;
    for (const [name, ejected] of useOf(id)?.ejected ?? []) {
      const [, port = '', subset = '', first = '', rest = ''] = cluster.exec(name) ?? [];
      const client = `${namespace}/${workloadName}`;
      const key = `${client} ${port} ${subset}`;
      const found = hosts.get(`${first} ${rest}`) ?? new Map<string, Ejection>();
      hosts.set(`${first} ${rest}`, found);
      const before = found.get(key) ?? { client, port: Number(port), subset, pods: 0, ejected: 0 };
      found.set(key, { ...before, pods: before.pods + 1, ejected: Math.max(before.ejected, ejected) });
    }
  }
  return (host) =>
    [...(hosts.get(printed(host)) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ejection]) => ejection);
}
