import type { Ejection } from '../api-types.ts';
import type { World } from './world.ts';

/** `outbound|<port>|<subset>|<host>`, as `ProxyUse` has it: what follows the first dot of the host stands apart, in letters alone. */
const cluster = /^outbound\|(\d{1,5})\|([^|]*)\|([^|;]+);? (\w*)$/;

/** Whether a host is printed so. */
function isCalled(host: string, first: string, rest: string): boolean {
  const [head = '', ...tail] = host.split('.');
  return head === first && rest === (tail.length === 0 ? '' : `${tail.join('_').replace(/\W/g, '_')}_`);
}

/** Who has ejected endpoints of a host, as the proxies said last. */
export function ejectionsOf({ mesh, useOf }: Pick<World, 'mesh' | 'useOf'>, host: string): Ejection[] {
  const { workloads, machines } = mesh.snapshot();
  const found = new Map<string, Ejection>();
  for (const { id, namespace, workloadName, meshed } of [...workloads.values(), ...machines.values()]) {
    if (!meshed) continue;
    for (const [name, ejected] of useOf(id)?.ejected ?? []) {
      const [, port = '', subset = '', first = '', rest = ''] = cluster.exec(name) ?? [];
      if (!isCalled(host, first, rest)) continue;
      const client = `${namespace}/${workloadName}`;
      const key = `${client} ${port} ${subset}`;
      const before = found.get(key) ?? { client, port: Number(port), subset, pods: 0, ejected: 0 };
      found.set(key, { ...before, pods: before.pods + 1, ejected: Math.max(before.ejected, ejected) });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ejection]) => ejection);
}
