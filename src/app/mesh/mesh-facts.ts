import type { CertificateKeeper } from '../../identity/workload/certificate-keeper.ts';
import type { WorkloadCa } from '../../identity/workload/workload-ca.ts';
import type { Registry } from '../../registry/registry.ts';
import type { MeshFacts } from '../../telemetry/mesh-series.ts';
import type { AdsServer } from '../../wire/ads-server.ts';
import type { Ledger, ProxyStatus, SyncState } from '../../wire/ledger.ts';

export interface FactsOf {
  readonly registry: Registry;
  readonly ledger: Ledger;
  readonly server: AdsServer;
  readonly authority: WorkloadCa;
  readonly keeper: CertificateKeeper;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Each is computed when it is asked for. */
export function meshFacts({ registry, ledger, server, authority, keeper, now }: FactsOf): MeshFacts {
  let snapshotAt = now();
  registry.onSnapshot(() => {
    snapshotAt = now();
  });
  return {
    get services() {
      return registry.snapshot.services.length;
    },
    get virtualServices() {
      return registry.snapshot.virtualServices.length;
    },
    get gateways() {
      return registry.snapshot.gateways.length;
    },
    get snapshotAt() {
      return snapshotAt;
    },
    get proxies() {
      return statesOf(ledger.status());
    },
    get queued() {
      return server.queued;
    },
    get rootEndsAt() {
      return authority.endsAt?.getTime();
    },
    get certificates() {
      return { ...authority.counts, held: keeper.size, firstEndsAt: keeper.firstEnd };
    },
  };
}

/** The worst of its types is that of the proxy. */
function statesOf(proxies: readonly ProxyStatus[]): Record<'synced' | 'stale' | 'nacked' | 'waiting', number> {
  const counts = { synced: 0, stale: 0, nacked: 0, waiting: 0 };
  for (const { types, settled } of proxies) {
    const states = new Set<SyncState>(Object.values(types).map(({ state }) => state));
    if (states.has('NACKED')) counts.nacked += 1;
    else if (states.has('STALE')) counts.stale += 1;
    else counts[settled ? 'synced' : 'waiting'] += 1;
  }
  return counts;
}
