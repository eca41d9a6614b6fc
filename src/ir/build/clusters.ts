import type { ClusterIR, DiscoveryIR, UpstreamTlsIR } from '../../ir/types/cluster.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import { loadBalancerOf } from '../../policy/destination-rule/balancing.ts';
import {
  connectionsOf,
  connectTimeoutOf,
  limitsOf,
  upstreamProtocolOf,
} from '../../policy/destination-rule/connection-limits.ts';
import { type EffectivePolicy, effectivePolicy } from '../../policy/destination-rule/effective.ts';
import { localityOf } from '../../policy/destination-rule/locality.ts';
import type { MergedRule } from '../../policy/destination-rule/merge.ts';
import { outlierOf } from '../../policy/destination-rule/outlier.ts';
import { upstreamTlsOf } from '../../policy/destination-rule/upstream-tls.ts';
import { clusterName, sniOf } from '../../policy/virtual-service/destinations.ts';

/** What the clusters of a service depend on. */
export interface ClusterInputs {
  readonly service: Service;
  readonly rule: MergedRule | undefined;
  /** SPIFFE IDs of its endpoints, sorted. */
  readonly identities: readonly string[];
  /** Every endpoint has a sidecar. */
  readonly allMeshed: boolean;
  /** Its namespace lets mutual TLS in. */
  readonly takesMtls: boolean;
  /** Those that Envoy resolves by name; others come by EDS. */
  readonly dnsEndpoints: readonly Endpoint[];
  readonly settings: MeshSettings;
}

/** The cluster of the whole service first, then one for each subset. */
export function clustersOf(inputs: ClusterInputs, port: ServicePort): readonly ClusterIR[] {
  const subsets = inputs.rule?.subsets.map(({ name }) => name) ?? [];
  return ['', ...subsets].map((subset) => clusterOf(inputs, port, subset));
}

function clusterOf(inputs: ClusterInputs, port: ServicePort, subset: string): ClusterIR {
  const { service, rule, settings } = inputs;
  const policy = effectivePolicy(rule, subset, port.number);
  const pool = policy.connectionPool;
  const name = clusterName(port.number, subset, service.hostname);
  const balancer = loadBalancerOf(policy.loadBalancer);
  const outlier = outlierOf(policy.outlierDetection);
  const locality = localityOf(policy.loadBalancer, {
    outlier: outlier !== undefined,
    distribution: service.trafficDistribution,
    mesh: settings.localityLbSetting,
    meshZones: settings.zoneAwareLbSetting,
  });
  return {
    name,
    service: { hostname: service.hostname, namespace: service.namespace, name: service.name },
    port: port.number,
    subset,
    discovery: balancer === 'original' ? { kind: 'original' } : discoveryOf(inputs, port, name),
    selection: {
      serviceId: service.id,
      portName: port.name,
      labels: rule?.subsets.find((entry) => entry.name === subset)?.labels ?? {},
    },
    upstream: upstreamProtocolOf(port.protocol, pool, settings.h2UpgradePolicy),
    connectTimeoutMs: connectTimeoutOf(pool, settings.connectTimeoutMs),
    limits: limitsOf(policy),
    connections: connectionsOf(pool),
    ...(outlier === undefined ? {} : { outlier }),
    loadBalancer: balancer === 'original' ? { kind: 'least-request' } : balancer,
    ...(locality === undefined ? {} : { locality }),
    tls: tlsOf(inputs, policy, { port: port.number, subset }),
    ...(policy.proxyProtocol === undefined ? {} : { proxyProtocol: policy.proxyProtocol.version ?? 'V1' }),
    external: service.external,
    origins: [service.origin, ...(rule?.origins ?? [])],
  };
}

function tlsOf(
  inputs: ClusterInputs,
  policy: EffectivePolicy,
  cluster: Pick<ClusterIR, 'port' | 'subset'>,
): UpstreamTlsIR {
  const { service, settings, identities, takesMtls, rule } = inputs;
  return upstreamTlsOf(policy.tls, {
    sni: sniOf(cluster, service.hostname),
    sans: service.subjectAltNames.length > 0 ? service.subjectAltNames : identities,
    auto: settings.enableAutoMtls && takesMtls && !service.external,
    selecting: rule?.selector !== undefined,
  });
}

function discoveryOf(inputs: ClusterInputs, port: ServicePort, name: string): DiscoveryIR {
  const { service, dnsEndpoints } = inputs;
  switch (service.resolution) {
    case 'endpoints':
      return { kind: 'eds', service: name };
    case 'headless':
      return { kind: 'headless', service: name, allMeshed: inputs.allMeshed };
    case 'original':
      return { kind: 'original' };
    case 'dynamic-dns':
      return { kind: 'dynamic-dns' };
    case 'dns':
    case 'dns-round-robin': {
      const own = dnsEndpoints.filter((endpoint) => endpoint.servicePort === port.name);
      const endpoints = own.map(({ address, port: number, weight }) => ({ address, port: number, weight }));
      return { kind: 'dns', roundRobin: service.resolution === 'dns-round-robin', endpoints };
    }
  }
}
