import type { Json, JsonObject } from '../../model/json.ts';
import { escapeVariables } from '../../model/kubelet-variables.ts';
import { buildDnsCluster, buildDnsListeners } from './bootstrap-dns.ts';
import type { BootstrapInput } from './bootstrap-input.ts';
import {
  type AppAccess,
  appClusterName,
  buildCheckedCluster,
  buildCheckFilter,
  buildHttpCluster,
  buildProbeRoute,
  buildRedirectClusters,
  isHttp,
  luaMetadata,
  requestPath,
} from './bootstrap-probes.ts';
import { buildSocketCluster } from './bootstrap-socket.ts';

/** What the template may test: the shape of the bootstrap depends on these alone. */
export interface BootstrapShape {
  /** There is a status port. */
  readonly status: boolean;
}

export function shapeOf(input: BootstrapInput): BootstrapShape {
  return { status: input.statusPort !== 0 };
}

/** What the template may place and not look at; lists are spliced into lists. */
export interface BootstrapValues {
  readonly scalars: Readonly<Record<ScalarName, Json>>;
  readonly lists: Readonly<Record<ListName, readonly Json[]>>;
}

export const scalarNames = [
  'proxyType',
  'domainSuffix',
  'serviceCluster',
  'metadata',
  'discoveryHost',
  'discoveryPort',
  'adminPort',
  'readyPort',
  'metricsPort',
  'statusPort',
] as const;
export const listNames = [
  'appClusters',
  'appRoutes',
  'appFilters',
  'statsPatterns',
  'extraStatusAddresses',
  'dnsListeners',
] as const;
export type ScalarName = (typeof scalarNames)[number];
export type ListName = (typeof listNames)[number];

/** Every value of the template. Text of users is escaped against the kubelet's variables, where the caller has not. */
export function buildValues(input: BootstrapInput): BootstrapValues {
  const access: AppAccess = { captured: input.captured ?? input.proxyType === 'sidecar' };
  const checked = input.probes.filter((probe) => !isHttp(probe));
  return {
    scalars: {
      proxyType: input.proxyType,
      domainSuffix: input.domainSuffix,
      serviceCluster: input.serviceCluster,
      metadata: { ...input.nodeMetadata },
      discoveryHost: escapeVariables(input.discovery.host),
      discoveryPort: input.discovery.port,
      adminPort: input.adminPort,
      readyPort: input.readyPort,
      metricsPort: input.metricsPort,
      statusPort: input.statusPort,
    },
    lists: {
      appClusters: [
        ...buildHttpClusters(input, access),
        ...checked.map((probe) => buildCheckedCluster(probe, access)),
        ...(input.dns === undefined ? [] : [buildDnsCluster(input.dns)]),
        ...(input.socket === true ? [buildSocketCluster()] : []),
      ],
      dnsListeners: input.dns === undefined ? [] : buildDnsListeners(input.dns),
      appRoutes: [...input.probes.filter(isHttp).map(buildProbeRoute), ...buildMetricsRoutes(input)],
      appFilters: checked.map(buildCheckFilter),
      statsPatterns: buildStatsPatterns(input),
      extraStatusAddresses: buildExtraAddresses(input.extraStatusPorts ?? []),
    },
  };
}

/** A status port of the pod's own choice answers beside the mesh's, where Prometheus is pointed to. */
function buildExtraAddresses(ports: readonly number[]): JsonObject[] {
  return ports.flatMap((port) =>
    ['$(INSTANCE_IP)', '127.0.0.1'].map((address) => ({ address: { socket_address: { address, port_value: port } } })),
  );
}

/** One cluster for each port of the app that is asked by HTTP, by probes or for metrics. */
function buildHttpClusters(input: BootstrapInput, access: AppAccess): JsonObject[] {
  const clusters = new Map<string, JsonObject>();
  const add = (port: number, https: boolean): void => {
    const name = appClusterName(port, https);
    if (!clusters.has(name)) clusters.set(name, buildHttpCluster(port, { ...access, https }));
  };
  const probes = input.probes.filter(isHttp);
  for (const probe of probes) add(probe.port, probe.http.https);
  for (const target of input.scrape) add(target.port, target.https ?? false);
  return [...clusters.values(), ...(probes.length > 0 ? buildRedirectClusters(access) : [])];
}

/** Envoy's metrics and the app's in one; the Lua filter answers, the route's own answer is for its failure. */
function buildMetricsRoutes(input: BootstrapInput): JsonObject[] {
  const targets = input.scrape.map((target) => ({
    cluster: appClusterName(target.port, target.https ?? false),
    port: target.port,
    path: requestPath(target.path),
  }));
  return ['/stats/prometheus', '/metrics'].map((path) => ({
    match: { path },
    direct_response: { status: 500 },
    metadata: luaMetadata({ kind: 'metrics', targets }),
  }));
}

/**
 * Istio's default set (proxyStatsMatcher), the mesh's own metrics, what the proxy image's script reads, and the
 * checked clusters, whose filter counts healthy members by their statistics: without them it always says no.
 */
const defaultStats: readonly JsonObject[] = [
  ...['cluster_manager', 'listener_manager', 'server', 'cluster.xds.', 'cluster.check ', 'istio', 'wasmcustom'].map(
    (prefix) => ({ prefix }),
  ),
  ...['downstream_rq_active', 'downstream_cx_active', 'rbac.allowed', 'rbac.denied'].map((suffix) => ({ suffix })),
  // One for each cluster with outlier detection; the dashboard shows it.
  { suffix: 'outlier_detection.ejections_active' },
];

function buildStatsPatterns(input: BootstrapInput): readonly JsonObject[] {
  const added = input.statsInclusion;
  if (added === undefined) return defaultStats;
  return [
    ...defaultStats,
    ...(added.prefixes ?? []).map((prefix) => ({ prefix: escapeVariables(prefix) })),
    ...(added.suffixes ?? []).map((suffix) => ({ suffix: escapeVariables(suffix) })),
    ...(added.regexps ?? []).map((regex) => ({ safe_regex: { regex: escapeVariables(regex) } })),
  ];
}
