import type { JsonObject } from '../../model/json.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { objectsAt, textAt, textMapAt, valueAt } from './json-reading.ts';

/** What endpoints need of a pod that has an address. */
export interface PlacedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeName: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** `hostname.subdomain` of a StatefulSet's pod. */
  readonly hostname: string;
  readonly subdomain: string;
  readonly namedPorts: Readonly<Record<string, number>>;
}

export interface SlicePort {
  readonly name: string;
  readonly protocol: string;
  /** Of the service. */
  readonly number: number;
  /** Of these endpoints. */
  readonly target: number;
}

/** Endpoints of one service that listen on the same ports. */
export interface EndpointGroup {
  readonly ports: readonly SlicePort[];
  readonly pods: readonly PlacedPod[];
}

/** Pods that the selector takes, grouped by their ports, as a named port may be another number in another pod. */
export function groupEndpoints(service: SourceObject, pods: Iterable<PlacedPod>): readonly EndpointGroup[] {
  const selector = Object.entries(textMapAt(service.object, 'spec', 'selector'));
  if (selector.length === 0) return [];
  const groups = new Map<string, { ports: SlicePort[]; pods: PlacedPod[] }>();
  for (const pod of pods) {
    if (pod.namespace !== service.namespace || !selector.every(([key, value]) => pod.labels[key] === value)) continue;
    const ports = portsFor(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function portsFor(service: SourceObject, pod: PlacedPod): SlicePort[] {
  return objectsAt(service.object, 'spec', 'ports').flatMap((port) => {
    const number = Number(port['port']);
    const wanted = port['targetPort'] ?? number;
    const target = typeof wanted === 'number' ? wanted : (pod.namedPorts[String(wanted)] ?? Number(wanted));
    if (!Number.isInteger(target)) return [];
    return [{ name: textAt(port, 'name'), protocol: textAt(port, 'protocol') || 'TCP', number, target }];
  });
}

/** The EndpointSlices of a service, as the controllers of a cluster write them. */
export function buildSlices(
  service: SourceObject,
  groups: readonly EndpointGroup[],
  zoneOf: (node: string) => string,
): SourceObject[] {
  const publish = valueAt(service.object, 'spec', 'publishNotReadyAddresses') === true;
  return groups.map(({ ports, pods }, index) => {
    const place = { kind: 'EndpointSlice', namespace: service.namespace, name: `${service.name}-${index}` };
    const object: JsonObject = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: place.name,
        namespace: place.namespace,
        labels: { 'kubernetes.io/service-name': service.name },
      },
      addressType: 'IPv4',
      endpoints: pods.map((pod) => renderEndpoint(pod, { zone: zoneOf(pod.nodeName), publish })),
      ports: ports.map(({ name, protocol, target }) => ({ name, protocol, port: target })),
    };
    return { apiVersion: 'discovery.k8s.io/v1', ...place, object, origin: place };
  });
}

function renderEndpoint(pod: PlacedPod, how: { readonly zone: string; readonly publish: boolean }): JsonObject {
  const { name, namespace, uid } = pod;
  return {
    addresses: [pod.ip],
    conditions: {
      ready: how.publish || (pod.ready && !pod.terminating),
      serving: pod.ready,
      terminating: pod.terminating,
    },
    ...(pod.hostname === '' ? {} : { hostname: pod.hostname }),
    nodeName: pod.nodeName,
    ...(how.zone === '' ? {} : { zone: how.zone }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}
