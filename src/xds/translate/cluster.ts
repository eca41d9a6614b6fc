import type { ClusterIR, ConnectionsIR, DnsEndpointIR, LimitsIR } from '../../ir/types/cluster.ts';
import { autoAlpn } from '../filters/alpn.ts';
import { resolvedByFilter } from '../filters/name-resolution.ts';
import type { Message, XdsResource } from '../resource.ts';
import { boundedWeights } from './bounded-weights.ts';
import { duration, fromAds, given, socketAddress } from './common.ts';
import { byChosenEndpoint, translateLoadBalancer } from './load-balancer.ts';
import { translateOutlier, translateUpstreamProtocol } from './upstream-protocol.ts';
import { translateSockets } from './upstream-sockets.ts';

/** What is said of the cluster's service to the metrics, beside Istio's own key. */
export const serviceMetadata = 'outrigger.service';

/** The cluster in the shape that Istio gives it: clients of headless services reach the address that they meant. */
export function translateClusterAsIstio(cluster: ClusterIR): XdsResource {
  const { discovery } = cluster;
  if (discovery.kind !== 'headless') return translateCluster(cluster);
  // No endpoint is known to Envoy, so there is nothing to tell by whether it speaks mutual TLS: all of them must.
  const tls =
    cluster.tls.kind === 'auto'
      ? discovery.allMeshed
        ? { ...cluster.tls, kind: 'mesh' as const }
        : noTls
      : cluster.tls;
  return translateCluster({ ...cluster, tls, discovery: { kind: 'original' } });
}

const noTls = { kind: 'none' } as const;

/** envoy.config.cluster.v3.Cluster */
export function translateCluster(cluster: ClusterIR): XdsResource {
  return translateClusterAs(cluster, cluster.name);
}

/** The same under another name; it keeps its name in statistics, and its endpoints. */
export function translateClusterAs(cluster: ClusterIR, name: string): XdsResource {
  const edsName = edsNameOf(cluster);
  return {
    type: 'cluster',
    name,
    message: clusterMessage(cluster, name),
    origins: cluster.origins,
    ...(edsName === undefined ? {} : { edsName }),
  };
}

function edsNameOf({ discovery }: ClusterIR): string | undefined {
  return discovery.kind === 'eds' || discovery.kind === 'headless' ? discovery.service : undefined;
}

function clusterMessage(cluster: ClusterIR, name: string): Message {
  return given({
    name,
    alt_stat_name: `${cluster.name};`,
    ...translateDiscovery(cluster, name),
    connect_timeout: duration(cluster.connectTimeoutMs),
    circuit_breakers: { thresholds: [translateLimits(cluster.limits)] },
    ...translateOutlier(cluster.outlier),
    ...translateUpstreamProtocol(cluster),
    ...translateKeepAlive(cluster.connections),
    ...translateSockets(cluster),
    metadata: { filter_metadata: metadataOf(cluster) },
  });
}

function translateDiscovery(cluster: ClusterIR, name: string): Message {
  const { discovery } = cluster;
  const balancer = translateLoadBalancer(cluster);
  switch (discovery.kind) {
    case 'eds':
      return { ...edsOf(discovery.service), ...balancer };
    case 'headless':
      return { ...edsOf(discovery.service), ...byChosenEndpoint };
    case 'original':
      return { type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED' };
    case 'dns':
      return {
        type: discovery.roundRobin ? 'LOGICAL_DNS' : 'STRICT_DNS',
        dns_refresh_rate: '60s',
        respect_dns_ttl: true,
        dns_lookup_family: 'V4_PREFERRED',
        load_assignment: { cluster_name: name, endpoints: dnsEndpoints(discovery.endpoints) },
        ...balancer,
      };
    case 'dynamic-dns':
      return resolvedByFilter;
    case 'none':
      return { type: 'STATIC', load_assignment: { cluster_name: name }, ...balancer };
  }
}

const edsOf = (service: string): Message => ({
  type: 'EDS',
  eds_cluster_config: { eds_config: fromAds, service_name: service },
});

/** Envoy takes one endpoint of a LOGICAL_DNS cluster; each of the others is a locality of its own. */
function dnsEndpoints(endpoints: readonly DnsEndpointIR[]): Message[] {
  if (endpoints.length === 0) return [];
  const weights = boundedWeights(endpoints.map(({ weight }) => weight));
  return [
    {
      lb_endpoints: endpoints.map(({ address, port }, index) => ({
        endpoint: { address: socketAddress(address, port) },
        load_balancing_weight: weights[index],
      })),
    },
  ];
}

const unlimited = 4_294_967_295;

/** Envoy's own limits are low enough to surprise; without a rule there are none, as in Istio. */
export function translateLimits(limits: LimitsIR): Message {
  return given({
    max_connections: limits.connections ?? unlimited,
    max_pending_requests: limits.pending ?? unlimited,
    max_requests: limits.requests ?? unlimited,
    max_retries: limits.retries ?? unlimited,
    retry_budget:
      limits.retryBudget === undefined
        ? undefined
        : {
            budget_percent: { value: limits.retryBudget.percent },
            min_retry_concurrency: limits.retryBudget.minConcurrency,
            ...(limits.retryBudget.intervalMs === undefined
              ? {}
              : { budget_interval: duration(limits.retryBudget.intervalMs) }),
          },
  });
}

export function translateKeepAlive({ keepAlive }: ConnectionsIR): Message {
  if (keepAlive === undefined) return {};
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.ceil(ms / 1000));
  const settings = given({
    keepalive_probes: keepAlive.probes,
    keepalive_time: seconds(keepAlive.timeMs),
    keepalive_interval: seconds(keepAlive.intervalMs),
  });
  return { upstream_connection_options: { tcp_keepalive: settings } };
}

/** Istio's tools read `istio`; the metrics read the service's names from our own key. */
function metadataOf({ service, subset, external, origins, upstream }: ClusterIR): Message {
  const { hostname: host, name, namespace } = service;
  const rule = origins.find(({ kind }) => kind === 'DestinationRule');
  const istio = given({
    services: [{ host, name, namespace }],
    subset: subset === '' ? undefined : subset,
    external: external ? true : undefined,
    config:
      rule === undefined
        ? undefined
        : `/apis/networking.istio.io/v1/namespaces/${rule.namespace}/destination-rule/${rule.name}`,
    [autoAlpn]: upstream === 'same' ? true : undefined,
  });
  return { istio, [serviceMetadata]: { host, name, namespace } };
}
