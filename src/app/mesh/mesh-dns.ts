import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { DnsServer } from '../../dns/dns-server.ts';
import { MeshDns, type Sight } from '../../dns/mesh-dns.ts';
import { NameTable } from '../../dns/name-table.ts';
import { Upstream } from '../../dns/upstream.ts';
import type { Indexes } from '../../ir/build/indexes.ts';
import type { OutboundViews } from '../../ir/build/outbound-views.ts';
import type { OutboundView } from '../../ir/types/view.ts';
import type { FaultListener } from '../../model/fault.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Networks } from '../../model/network.ts';
import { Remembered, rememberedBy } from '../../model/remembered.ts';
import type { Workload } from '../../model/workload.ts';
import { wayTo } from '../../policy/network/cross.ts';
import { clientNetwork } from '../../policy/network/networks.ts';
import type { Snapshot } from '../../registry/snapshot.ts';

export interface MeshDnsOptions {
  readonly snapshot: () => Snapshot;
  readonly views: OutboundViews;
  readonly indexes: Pick<Indexes, 'networks'>;
  readonly settings: MeshSettings;
  /** Addresses of those who know what the mesh does not. */
  readonly nameservers: readonly string[];
  readonly onFault: FaultListener;
}

/** The port that proxies send the queries of their pods to. */
export function meshDnsServer(options: MeshDnsOptions): DnsServer {
  const { snapshot, views, indexes, settings, nameservers, onFault } = options;
  const tables = new Remembered<OutboundView, NameTable>(1);
  const [pods, machines] = [rememberedBy(byAddress), rememberedBy(byAddress)];
  const sightOf = (address: string): Sight | undefined => {
    const now = snapshot();
    const client = pods(now.workloads).get(address) ?? machines(now.machines).get(address);
    if (client === undefined) return undefined;
    const { namespace, labels } = client;
    const view = views.view(now, namespace, labels);
    const { domainSuffix } = settings;
    const table = tables.get(view, [namespace], () => new NameTable({ view, namespace, domainSuffix }));
    return { table, endpoints: now.endpoints, reaches: reachedBy(client, indexes.networks(now)) };
  };
  const upstream = new Upstream({ nameservers });
  const dns = new MeshDns({ sightOf, ask: upstream.ask });
  return new DnsServer((query, client, transport) => dns.answer(query, client, transport), onFault);
}

/** By their own addresses. */
function reachedBy(client: Workload, networks: Networks | undefined): Sight['reaches'] {
  if (networks === undefined) return () => true;
  const crossing = { networks, from: clientNetwork(networks, client), others: 'not-by-gateways' as const };
  return (endpoint) => wayTo({ endpoint, mtls: false }, crossing) === 'direct';
}

function byAddress(workloads: Snapshot['workloads']): ReadonlyMap<string, Workload> {
  return new Map([...workloads.values()].flatMap((workload) => workload.ips.map((ip) => [ip, workload])));
}

/** Those of a resolv.conf; none where it cannot be read. A resolver on loopback is that of this machine alone. */
export function localNameservers(file = '/etc/resolv.conf'): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const found = lines.flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
    return found.filter((address) => isIP(address) !== 0 && !/^(127\.|::1$)/.test(address));
  } catch {
    return [];
  }
}
