import type { EndpointIR, LoadAssignmentIR } from '../../ir/types/load-assignment.ts';
import type { Message, XdsResource } from '../resource.ts';
import { boundedWeights } from './bounded-weights.ts';
import { given, socketAddress } from './common.ts';

/** What is said of an endpoint to the metrics, one key for each label. */
export const workloadMetadata = 'outrigger.workload';

/** envoy.config.endpoint.v3.ClusterLoadAssignment */
export function translateLoadAssignment(assignment: LoadAssignmentIR): XdsResource {
  const { cluster, localities, origins } = assignment;
  const weights = boundedWeights(
    localities.flatMap(({ endpoints }) => endpoints.map(({ endpoint }) => endpoint.weight)),
  );
  let from = 0;
  const placed = localities.map((locality) => {
    const own = weights.slice(from, from + locality.endpoints.length);
    from += own.length;
    return { ...locality, weights: own };
  });
  return {
    type: 'endpoint',
    name: cluster,
    origins,
    message: {
      cluster_name: cluster,
      endpoints: placed.map(({ locality, endpoints, priority = 0, weights: own, weight = sumOf(own) }) => ({
        locality: given({
          region: locality.region || undefined,
          zone: locality.zone || undefined,
          sub_zone: locality.subzone || undefined,
        }),
        lb_endpoints: endpoints.map((endpoint, index) => translateEndpoint(endpoint, own[index])),
        load_balancing_weight: weight,
        ...(priority > 0 ? { priority } : {}),
      })),
    },
  };
}

function sumOf(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/**
 * Envoy keeps its connections to a host of which only metadata changes; one of another hostname is another host to it, and the
 * connections to the old one are ended as their requests are done (envoyproxy/envoy, upstream_impl.cc, updateDynamicHostList).
 * To a bypass no connection with policies behind it serves, and after it none without.
 */
const bypassedHostname = 'bypassed';

/** `cluster` in Istio's text is the Kubernetes cluster. */
function translateEndpoint({ endpoint, mtls, bypassed }: EndpointIR, weight: number | undefined): Message {
  const { workloadName, namespace, canonicalService, canonicalRevision, labels } = endpoint;
  const known = workloadName !== '';
  const metadata = {
    ...(mtls ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}),
    ...(known
      ? {
          istio: { workload: `${workloadName};${namespace};${canonicalService};${canonicalRevision};Kubernetes` },
          [workloadMetadata]: {
            workload: workloadName,
            namespace,
            app: labels.app ?? 'unknown',
            version: labels.version ?? 'unknown',
            canonicalService,
            canonicalRevision,
          },
        }
      : {}),
  };
  return given({
    endpoint: {
      address: addressOf(endpoint.address, endpoint.port),
      ...(bypassed ? { hostname: bypassedHostname } : {}),
    },
    metadata: Object.keys(metadata).length === 0 ? undefined : { filter_metadata: metadata },
    load_balancing_weight: weight,
  });
}

function addressOf(address: string, port: number): Message {
  return address.startsWith('unix://') ? { pipe: { path: address.slice(7) } } : socketAddress(address, port);
}
