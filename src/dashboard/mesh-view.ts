import type { ProxyReport } from '../model/proxy-report.ts';
import type { Workload } from '../model/workload.ts';
import type { Inventory, KnownWorkload } from '../observe/inventory.ts';
import type { ProxyUse } from '../observe/proxy-counters.ts';
import type { ScrapeTarget } from '../observe/scraper.ts';
import type { Snapshot } from '../registry/snapshot.ts';

/** What the dashboard knows of the mesh beside what it measures. */
export interface MeshView {
  readonly snapshot: () => Snapshot;
  readonly report: (proxy?: string) => ProxyReport;
  /** Proxies that this replica serves, and whether each has taken all that it should have. */
  readonly settled: () => readonly { readonly proxy: string; readonly settled: boolean }[];
}

/** Proxies that this replica serves, of those that are there. */
export function sharesOf({ snapshot, settled }: MeshView): { readonly serves: number; readonly proxies: number } {
  const there = new Set(scrapeTargets(snapshot()).map(({ id }) => id));
  const here = new Set(settled().map(({ proxy }) => proxy));
  return { serves: here.intersection(there).size, proxies: there.size };
}

/** Pods and machines with a proxy and an address. */
export function scrapeTargets({ workloads, machines }: Snapshot): ScrapeTarget[] {
  return [...workloads.values(), ...machines.values()].flatMap(({ id, meshed, ips: [address] }) =>
    meshed && address !== undefined ? [{ id, address }] : [],
  );
}

/**
 * Workloads with a proxy. A proxy is connected when it is so here, or says that it is to another replica; while it has said nothing
 * yet it is not called missing.
 */
export function inventoryOf(view: MeshView, useOf: (id: string) => ProxyUse | undefined): Inventory {
  const snapshot = view.snapshot();
  const here = new Set(view.report().proxies.map(({ proxy }) => proxy));
  const connected = (id: string): boolean => here.has(id) || (useOf(id)?.connected ?? true);
  const meshed = [...snapshot.workloads.values(), ...snapshot.machines.values()].filter((one) => one.meshed);
  const groups = Map.groupBy(meshed, ({ namespace, workloadName, ...of }) =>
    JSON.stringify([namespace, workloadName, versionOf(of)]),
  );
  const inside = new Set(snapshot.services.filter(({ external }) => !external).map(({ hostname }) => hostname));
  return {
    workloads: [...groups.values()].flatMap((pods) => knownOf(pods, connected) ?? []),
    isInside: (host) => inside.has(host),
  };
}

function knownOf(pods: readonly Workload[], connected: (id: string) => boolean): KnownWorkload | undefined {
  const [first] = pods;
  if (first === undefined) return undefined;
  return {
    kind: first.role === 'gateway' ? 'gateway' : 'workload',
    namespace: first.namespace,
    name: first.workloadName,
    app: first.labels['app'] ?? first.canonicalService,
    version: versionOf(first),
    proxies: { expected: pods.length, connected: pods.filter(({ id }) => connected(id)).length },
  };
}

/** As the labels of metrics have it. */
function versionOf({ labels, canonicalRevision }: Pick<Workload, 'labels' | 'canonicalRevision'>): string {
  return labels['version'] ?? canonicalRevision;
}
