import type { Ejection } from '../api-types.ts';
import type { EndpointLook } from '../endpoint-looks.ts';
import type { World } from './world.ts';

/** `outbound|<port>|<subset>|<host>`, as `ProxyUse` has it: what follows the first dot of the host stands apart, in letters alone. */
const cluster = /^outbound\|(\d{1,5})\|([^|]*)\|([^|;]+);? (\w*)$/;

interface EjectingProxy {
  readonly id: string;
  /** `<namespace>/<workload>` */
  readonly client: string;
  /** How many, by cluster. */
  readonly ejected: ReadonlyMap<string, number>;
}

export interface AskedProxies {
  readonly asked: readonly { readonly proxy: string; readonly client: string; readonly look: EndpointLook }[];
  /** That have ejected some, too, and are not asked. */
  readonly others: number;
}

/** Those that have ejected somebody, as they said last. */
function proxiesOf({ mesh, useOf }: Pick<World, 'mesh' | 'useOf'>): EjectingProxy[] {
  const { workloads, machines } = mesh.snapshot();
  return [...workloads.values(), ...machines.values()].flatMap(({ id, namespace, workloadName, meshed }) => {
    const ejected = meshed ? useOf(id)?.ejected : undefined;
    return ejected === undefined || ejected.size === 0 ? [] : [{ id, client: `${namespace}/${workloadName}`, ejected }];
  });
}

function readCluster(name: string): { readonly port: string; readonly subset: string; readonly host: string } {
  const [, port = '', subset = '', first = '', rest = ''] = cluster.exec(name) ?? [];
  return { port, subset, host: `${first} ${rest}` };
}

/** How Envoy prints a host in them. */
function printed(host: string): string {
  const [head = '', ...tail] = host.split('.');
  return `${head} ${tail.length === 0 ? '' : `${tail.join('_').replace(/\W/g, '_')}_`}`;
}

/** Who has ejected endpoints of a host, as the proxies said last. */
export function ejectionsOf(world: Pick<World, 'mesh' | 'useOf'>, host: string): Ejection[] {
  return ejectionsByHost(world)(host);
}

/** Proxies that are asked for one page. */
const mostAsked = 3;

/** Of the proxies that have ejected endpoints of a host, some are asked which: of as many clients as there are. */
export function askEjecting(world: Pick<World, 'mesh' | 'useOf' | 'looks'>, host: string): AskedProxies {
  const ejecting = proxiesOf(world)
    .filter(({ ejected }) => [...ejected.keys()].some((name) => readCluster(name).host === printed(host)))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const byClient = Map.groupBy(ejecting, ({ client }) => client);
  const turns = [...byClient.values()].flatMap((proxies) => proxies.map((proxy, turn) => ({ ...proxy, turn })));
  const chosen = turns.sort((a, b) => a.turn - b.turn).slice(0, mostAsked);
  const asked = chosen.flatMap(({ id, client }) => {
    const look = world.looks.look(id);
    return look === undefined ? [] : [{ proxy: id, client, look }];
  });
  return { asked, others: ejecting.length - asked.length };
}

/** The same for many hosts: the proxies are gone through once. */
export function ejectionsByHost(world: Pick<World, 'mesh' | 'useOf'>): (host: string) => Ejection[] {
  const hosts = new Map<string, Map<string, Ejection>>();
  for (const { client, ejected: clusters } of proxiesOf(world)) {
    for (const [name, ejected] of clusters) {
      const { port, subset, host } = readCluster(name);
      const key = `${client} ${port} ${subset}`;
      const found = hosts.get(host) ?? new Map<string, Ejection>();
      hosts.set(host, found);
      const before = found.get(key) ?? { client, port: Number(port), subset, pods: 0, ejected: 0 };
      found.set(key, { ...before, pods: before.pods + 1, ejected: Math.max(before.ejected, ejected) });
    }
  }
  return (host) =>
    [...(hosts.get(printed(host)) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ejection]) => ejection);
}
