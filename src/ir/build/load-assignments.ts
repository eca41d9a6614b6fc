import type { LocalityIR } from '../../ir/types/cluster.ts';
import type { EndpointIR, LoadAssignmentIR, LocalityEndpointsIR } from '../../ir/types/load-assignment.ts';
import type { Endpoint, Locality } from '../../model/endpoint.ts';
import type { Service } from '../../model/service.ts';
import { hasLabels } from '../../policy/client.ts';
import { arrange } from '../../policy/locality/arrange.ts';
import type { Place } from '../../policy/locality/place.ts';
import { type Crossing, crossed, reachable } from '../../policy/network/cross.ts';
import type { PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';

export interface LoadAssignmentInputs {
  readonly cluster: string;
  readonly service: Service;
  readonly portName: string;
  /** Labels of the subset; empty for the whole service. */
  readonly labels: Readonly<Record<string, string>>;
  /** Those that do not take mutual TLS are left out. */
  readonly mutualTlsOnly?: true | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly modes: PeerAuthenticationIndex;
  /** Which of them are preferred, and to whom; undefined is all alike, for anybody. */
  readonly nearness: { readonly rule: LocalityIR; readonly client: Place } | undefined;
  /** Undefined where all are called by their addresses. */
  readonly crossing: Crossing | undefined;
}

/** The endpoints behind a cluster, by locality in order of its name; those that are not ready are left out. */
export function buildLoadAssignment(inputs: LoadAssignmentInputs): LoadAssignmentIR {
  const { cluster, service, endpoints, nearness, crossing } = inputs;
  const groups = new Map<string, { locality: Locality; endpoints: EndpointIR[] }>();
  for (const endpoint of endpoints) {
    if (!isUsed(endpoint, inputs)) continue;
    const { region, zone, subzone } = endpoint.locality;
    const key = `${region}/${zone}/${subzone}`;
    const group = groups.get(key) ?? { locality: endpoint.locality, endpoints: [] };
    const mtls = takesMtls(endpoint, inputs.modes);
    if (inputs.mutualTlsOnly === true && !mtls) continue;
    group.endpoints.push({ endpoint, mtls, bypassed: isBypassed(endpoint, inputs.modes) });
    groups.set(key, group);
  }
  const all: LocalityEndpointsIR[] = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const known = crossing === undefined ? all : reachable(all, crossing);
  const arranged = nearness === undefined ? known : arrange(known, nearness.rule, nearness.client);
  const localities = crossing === undefined ? arranged : crossed(arranged, crossing);
  return { cluster, localities, origins: [service.origin] };
}

function isUsed(endpoint: Endpoint, { service, portName, labels, crossing }: LoadAssignmentInputs): boolean {
  if (endpoint.address === '' && crossing === undefined) return false;
  if (endpoint.servicePort !== portName || !hasLabels(endpoint.labels, labels)) return false;
  return endpoint.health === 'ready' || (endpoint.health === 'not-ready' && service.publishNotReady);
}

/** Its sidecar is there, and the policy of that very pod and port lets mutual TLS in. */
function takesMtls(endpoint: Endpoint, modes: PeerAuthenticationIndex): boolean {
  if (!endpoint.meshed) return false;
  const { mode, ports, plainClients } = modes.forWorkload(endpoint.namespace, endpoint.labels);
  return plainClients !== true && (ports.get(endpoint.port) ?? mode) !== 'disable';
}

function isBypassed(endpoint: Endpoint, modes: PeerAuthenticationIndex): boolean {
  return endpoint.meshed && modes.forWorkload(endpoint.namespace, endpoint.labels).plainClients === true;
}
