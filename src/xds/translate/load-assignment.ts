import type { EndpointIR, LoadAssignmentIR } from '../../ir/types/load-assignment.ts';
import type { Message, XdsResource } from '../resource.ts';
import { given, socketAddress } from './common.ts';

/** What is said of an endpoint to the metrics, one key for each label. */
export const workloadMetadata = 'outrigger.workload';

/** envoy.config.endpoint.v3.ClusterLoadAssignment */
export function translateLoadAssignment(assignment: LoadAssignmentIR): XdsResource {
  const { cluster, localities, origins } = assignment;
  return {
    type: 'endpoint',
    name: cluster,
    origins,
    message: {
      cluster_name: cluster,
      endpoints: localities.map(({ locality, endpoints, priority = 0, weight = weightOf(endpoints) }) => ({
        locality: given({
          region: locality.region || undefined,
          zone: locality.zone || undefined,
          sub_zone: locality.subzone || undefined,
        }),
        lb_endpoints: endpoints.map(translateEndpoint),
        load_balancing_weight: weight,
        ...(priority > 0 ? { priority } : {}),
      })),
    },
  };
}

function weightOf(endpoints: readonly EndpointIR[]): number {
  return endpoints.reduce((sum, { endpoint }) => sum + endpoint.weight, 0);
}

/** `cluster` in Istio's text is the Kubernetes cluster. */
function translateEndpoint({ endpoint, mtls }: EndpointIR): Message {
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
            app: labels.app ?? canonicalService,
            version: labels.version ?? canonicalRevision,
            canonicalService,
            canonicalRevision,
          },
        }
      : {}),
  };
  return given({
    endpoint: { address: addressOf(endpoint.address, endpoint.port) },
    metadata: Object.keys(metadata).length === 0 ? undefined : { filter_metadata: metadata },
    load_balancing_weight: endpoint.weight,
  });
}

function addressOf(address: string, port: number): Message {
  return address.startsWith('unix://') ? { pipe: { path: address.slice(7) } } : socketAddress(address, port);
}
