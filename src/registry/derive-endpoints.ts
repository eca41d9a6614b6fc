import { isIP, isIPv4 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, Locality } from '../model/endpoint.ts';
import type { Service, ServicePort } from '../model/service.ts';
import { byText } from './collections.ts';
import type { SliceRecord } from './endpoint-slice.ts';
import { inlineEndpoints } from './entry-endpoints.ts';
import type { Host } from './host.ts';
import { nowhere } from './locality.ts';
import type { EntryRecord } from './machine.ts';
import { endpointAt, healthOfPod, type PodView } from './pod-endpoint.ts';
import { serviceOfEntry } from './service-entry.ts';
import { selectedEntry } from './workload-entries.ts';

/** What endpoints are made of; every look is remembered as a dependency. */
export interface EndpointFacts {
  /** Of a Service `<namespace>/<name>`, in order of their names. */
  slices(service: string): readonly SliceRecord[];
  pod(id: string): PodView | undefined;
  node(name: string): Locality | undefined;
  /** Pods that have all of these labels, of which there is at least one. */
  podsWith(namespace: string, labels: Readonly<Record<string, string>>): readonly PodView[];
  entriesWith(namespace: string, labels: Readonly<Record<string, string>>): readonly EntryRecord[];
}

/** The endpoints of a host, sorted by address and port; those that are equal to one before stay that one. */
export function deriveEndpoints(
  host: Host,
  facts: EndpointFacts,
  before: readonly Endpoint[] = [],
): readonly Endpoint[] | undefined {
  const found = host.service.registry === 'kubernetes' ? ofKubernetes(host.service, facts) : ofEntries(host, facts);
  if (found.length === 0) return undefined;
  const known = new Map(before.map((endpoint) => [placeOf(endpoint), endpoint]));
  const unique = new Map<string, Endpoint>();
  for (const endpoint of found.sort(compareEndpoints)) {
    const place = placeOf(endpoint);
    if (unique.has(place)) continue;
    const same = known.get(place);
    unique.set(place, same !== undefined && isDeepStrictEqual(same, endpoint) ? same : endpoint);
  }
  return [...unique.values()];
}

function placeOf({ address, port, servicePort, network, labels }: Endpoint): string {
  const behind = address === '' ? ` ${network} ${JSON.stringify(labels)}` : '';
  return `${address} ${port} ${servicePort}${behind}`;
}

const healthOrder: readonly Endpoint['health'][] = ['ready', 'not-ready', 'terminating'];

/** Of one place the healthiest comes first: while an endpoint moves from slice to slice it may stand in both. */
function compareEndpoints(left: Endpoint, right: Endpoint): number {
  return (
    byText(left.address, right.address) ||
    left.port - right.port ||
    byText(left.servicePort, right.servicePort) ||
    healthOrder.indexOf(left.health) - healthOrder.indexOf(right.health) ||
    byText(left.workload, right.workload)
  );
}

function ofKubernetes(service: Service, facts: EndpointFacts): Endpoint[] {
  const { aliasOf, namespace, origin } = service;
  if (aliasOf !== undefined) {
    const common = { address: aliasOf, health: 'ready', locality: nowhere, nodeName: '', namespace, origin } as const;
    return service.ports.map((port) => endpointAt({ ...common, port: port.number, servicePort: port.name }, undefined));
  }
  const slices = facts.slices(`${namespace}/${service.name}`);
  const pods = () => ofSelector(service, service.ports, facts);
  return [
    ...(slices.length > 0 ? slices.flatMap((slice) => ofSlice(slice, service, facts)) : pods()),
    ...entriesOf(service, service.ports, facts),
  ];
}

function ofSlice(slice: SliceRecord, service: Service, facts: EndpointFacts): Endpoint[] {
  const names = new Set(service.ports.map((port) => port.name));
  const ports = slice.ports.filter((port) => names.has(port.name));
  return slice.endpoints.flatMap((endpoint) => {
    const { health, nodeName, zone } = endpoint;
    const workload = endpoint.pod === '' ? undefined : facts.pod(endpoint.pod)?.workload;
    const ofNode = nodeName === '' ? undefined : facts.node(nodeName);
    const locality = ofNode === undefined || ofNode.zone === '' ? { ...(ofNode ?? nowhere), zone } : ofNode;
    const common = { health, nodeName, locality, namespace: service.namespace, origin: slice.origin };
    return endpoint.addresses.flatMap((address) =>
      ports.map((port) => endpointAt({ ...common, address, port: port.number, servicePort: port.name }, workload)),
    );
  });
}

function ofEntries({ service, entries }: Host, facts: EndpointFacts): Endpoint[] {
  return entries.flatMap((entry) => {
    const own = serviceOfEntry(entry, service.hostname);
    // A port that an older entry has otherwise is not this one's.
    const ports = own.ports.filter((port) =>
      service.ports.some(({ number, name }) => number === port.number && name === port.name),
    );
    if (own.selector === undefined || own.resolution === 'original') return inlineEndpoints(own, ports, entry.config);
    return [...ofSelector(own, ports, facts), ...entriesOf(own, ports, facts)];
  });
}

/** The WorkloadEntries that a service selects. Names are resolved by Envoy alone: a service of addresses has no use for them. */
function entriesOf(service: Service, ports: readonly ServicePort[], facts: EndpointFacts): Endpoint[] {
  const { namespace, selector = {}, resolution } = service;
  if (Object.keys(selector).length === 0) return [];
  const byName = resolution === 'dns' || resolution === 'dns-round-robin';
  return facts
    .entriesWith(namespace, selector)
    .flatMap((entry) => selectedEntry(entry, ports))
    .filter(({ address }) => byName || address === '' || isIP(address) !== 0 || address.startsWith('unix://'));
}

/** Where nobody makes EndpointSlices: a folder of manifests, and ServiceEntries. */
function ofSelector(service: Service, ports: readonly ServicePort[], facts: EndpointFacts): Endpoint[] {
  const { namespace, selector = {} } = service;
  if (Object.keys(selector).length === 0) return [];
  return facts.podsWith(namespace, selector).flatMap((pod) => {
    const { workload } = pod;
    const common = { health: healthOfPod(pod), nodeName: workload.nodeName, locality: workload.locality };
    return addressesFor(service, workload.ips).flatMap((address) =>
      ports.flatMap(({ name, targetPort }) => {
        const port = typeof targetPort === 'number' ? targetPort : workload.namedPorts[targetPort];
        if (port === undefined) return [];
        const place = { address, port, servicePort: name, namespace, origin: workload.origin };
        return [endpointAt({ ...common, ...place }, workload)];
      }),
    );
  });
}

/** Of the families that the service has addresses of, or the pod's first one. */
function addressesFor(service: Service, ips: readonly string[]): readonly string[] {
  const families = new Set(service.addresses.map((address) => isIPv4(address.split('/', 1)[0] ?? '')));
  const fitting = ips.filter((ip) => families.has(isIPv4(ip)));
  return fitting.length > 0 ? fitting : ips.slice(0, 1);
}
