import type { ClusterIR } from '../ir/types/cluster.ts';
import type { OutboundPortIR } from '../ir/types/outbound.ts';
import type { VirtualHostIR } from '../ir/types/route.ts';
import { type OutboundView, portsOfView } from '../ir/types/view.ts';
import { Lru } from '../model/lru.ts';
import { rememberedBy } from '../model/remembered.ts';
import { calledAt } from '../model/service.ts';
import type { EncodedResource, ResourceSet, XdsResource } from '../xds/resource.ts';
import { translateCluster, translateClusterAs, translateClusterAsIstio } from '../xds/translate/cluster.ts';
import { translateVirtualHost } from '../xds/translate/virtual-host.ts';
import type { Encoder } from './encoder.ts';
import { type HostTable, nextHostTable } from './host-table.ts';
import { resourceSet, sameOr } from './resource-set.ts';

/** Sets that are compared with those that come after them, by view. */
const mostSets = 5_000;

/** Resources made of the parts of views. Parts are shared between views, and with them their bytes. */
export class ViewResources {
  readonly #encoder: Encoder;
  readonly #lastTables = new Lru<ReadonlyMap<number, HostTable>>(mostSets);
  readonly #lastHosts = new Lru<ResourceSet>(mostSets);
  readonly #lastClusters = new Lru<ResourceSet>(mostSets);
  readonly #lastOwnClusters = new Lru<ResourceSet>(mostSets);

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  /** By name; the whole service and its subsets. */
  readonly clusters = rememberedBy((view: OutboundView): ReadonlyMap<string, ClusterIR> => {
    const clusters = [...portsOfView(view).flatMap((port) => port.clusters), ...view.further];
    return new Map(clusters.map((cluster) => [cluster.name, cluster]));
  });

  /** The ports of services by the address that clients call: `10.96.0.7:9000`. */
  readonly addresses = rememberedBy((view: OutboundView): ReadonlyMap<string, OutboundPortIR> => {
    const found = new Map<string, OutboundPortIR>();
    for (const port of view.ports) {
      for (const address of calledAt(port.service)) {
        const key = `${address.includes(':') ? `[${address}]` : address}:${port.port}`;
        if (!found.has(key)) found.set(key, port);
      }
    }
    return found;
  });

  /** The hosts of each port, by what clients may call them. */
  readonly hosts = rememberedBy((view: OutboundView): ReadonlyMap<number, HostTable> => {
    const byPort = new Map<number, VirtualHostIR[]>();
    const add = (port: number, host: VirtualHostIR) => {
      const list = byPort.get(port);
      if (list === undefined) byPort.set(port, [host]);
      else list.push(host);
    };
    for (const { port, virtualHost } of portsOfView(view)) if (virtualHost !== undefined) add(port, virtualHost);
    for (const host of view.unregistered) add(80, host);
    const before = this.#lastTables.get(view.key);
    const tables = new Map([...byPort].map(([port, hosts]) => [port, nextHostTable(before?.get(port), hosts)]));
    this.#lastTables.set(view.key, tables);
    return tables;
  });

  readonly #cluster = rememberedBy((cluster: ClusterIR) => translateCluster(cluster));
  readonly #istioCluster = rememberedBy((cluster: ClusterIR) => translateClusterAsIstio(cluster));
  readonly #virtualHosts = rememberedBy((_: VirtualHostIR) => new Map<number, XdsResource>());

  cluster(cluster: ClusterIR): EncodedResource | undefined {
    return this.#encoder.encode(this.#cluster(cluster));
  }

  readonly #renamed = rememberedBy((_: ClusterIR) => new Map<string, XdsResource>());

  clusterAs(cluster: ClusterIR, name: string): EncodedResource | undefined {
    const variants = this.#renamed(cluster);
    const resource = variants.get(name) ?? translateClusterAs(cluster, name);
    variants.set(name, resource);
    return this.#encoder.encode(resource);
  }

  /** `<port>/<host>:<port>`: its name in Envoy must be the name of the resource, else it could never be removed. */
  virtualHost(port: number, host: VirtualHostIR): EncodedResource | undefined {
    const variants = this.#virtualHosts(host);
    const resource = variants.get(port) ?? virtualHostResource(port, host);
    variants.set(port, resource);
    return this.#encoder.encode(resource);
  }

  /** Every host of every port. */
  readonly allHosts = rememberedBy((view: OutboundView): ResourceSet => {
    const set = resourceSet(
      [...this.hosts(view)].flatMap(([port, table]) =>
        table.hosts.flatMap((host) => this.virtualHost(port, host) ?? []),
      ),
    );
    return this.#kept(this.#lastHosts, view, set);
  });

  /** Every cluster, in Istio's shape. */
  readonly allClusters = rememberedBy((view: OutboundView): ResourceSet => {
    const clusters = [...this.clusters(view).values()];
    const set = resourceSet(clusters.flatMap((cluster) => this.#encoder.encode(this.#istioCluster(cluster)) ?? []));
    return this.#kept(this.#lastClusters, view, set);
  });

  /** Every cluster, in the shape that is served on demand, too. */
  readonly allOwnClusters = rememberedBy((view: OutboundView): ResourceSet => {
    const set = resourceSet([...this.clusters(view).values()].flatMap((cluster) => this.cluster(cluster) ?? []));
    return this.#kept(this.#lastOwnClusters, view, set);
  });

  #kept(last: Lru<ResourceSet>, view: OutboundView, next: ResourceSet): ResourceSet {
    const set = sameOr(last.get(view.key), next);
    last.set(view.key, set);
    return set;
  }
}

function virtualHostResource(port: number, host: VirtualHostIR): XdsResource {
  const name = `${port}/${host.name}`;
  const mirrors = host.routes.flatMap(({ action }) =>
    action.kind === 'forward' ? action.mirrors.map(({ cluster }) => cluster) : [],
  );
  const message = { ...translateVirtualHost(host), name };
  const requires = mirrors.length === 0 ? {} : { requires: [...new Set(mirrors)].sort() };
  return { type: 'virtualHost', name, message, origins: host.origins, ...requires };
}
