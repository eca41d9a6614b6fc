import { listenerProtocol } from '../model/protocol.ts';
import type { Service, ServicePort } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import { hostCovers, resolveHost } from '../policy/hosts.ts';
import { isVisible } from '../policy/visibility.ts';
import type { AnalysisInput } from './analysis-input.ts';
import type { ShownRequest } from './finding.ts';
import type { MeshLookup } from './mesh-lookup.ts';

/** A plain call of a port of a service; HTTP also where the port speaks something else, as a client may. */
export function callOf(
  from: Workload,
  { hostname }: Service,
  { number }: ServicePort,
  outcome: Pick<ShownRequest, 'answer' | 'share'>,
): ShownRequest {
  return { from: from.id, method: 'GET', url: `http://${hostname}:${number}/`, headers: {}, ...outcome };
}

/** A pod with a sidecar that sees a service, one of its namespace first; never one that is behind it. */
export function clientOf(
  { workloads, workloadsByNamespace }: MeshLookup,
  { exportTo, namespace }: Service,
  behind: ReadonlySet<string> = new Set(),
): Workload | undefined {
  const isAble = (workload: Workload) =>
    workload.meshed &&
    workload.role === 'sidecar' &&
    !behind.has(workload.id) &&
    isVisible(exportTo, namespace, workload.namespace);
  return (workloadsByNamespace.get(namespace) ?? []).find(isAble) ?? workloads.find(isAble);
}

export const speaksHttp = ({ protocol }: ServicePort) => listenerProtocol(protocol) === 'http';

/** VirtualServices that decide on the calls of pods to a host. */
function routingOf({ hostname }: Service, { snapshot, settings }: AnalysisInput) {
  return snapshot.virtualServices.filter(
    ({ spec, namespace }) =>
      (spec.gateways ?? ['mesh']).includes('mesh') &&
      (spec.hosts ?? []).some((host) => {
        const full = resolveHost(host, namespace, settings.domainSuffix);
        return full === hostname || hostCovers(full, hostname);
      }),
  );
}

/** Some rule sends to this subset of the service. */
export function isRoutedTo({ hostname }: Service, subset: string, { snapshot, settings }: AnalysisInput): boolean {
  return snapshot.virtualServices.some(({ spec, namespace }) =>
    [...(spec.http ?? []), ...(spec.tls ?? []), ...(spec.tcp ?? [])].some(({ route = [] }) =>
      route.some(
        ({ destination }) =>
          destination.subset === subset && resolveHost(destination.host, namespace, settings.domainSuffix) === hostname,
      ),
    ),
  );
}

/** The subset that a plain call goes to, '' where none is named; undefined where that depends on the call. */
export function plainSubset(service: Service, input: AnalysisInput): string | undefined {
  const [routing, ...others] = routingOf(service, input);
  if (routing === undefined) return '';
  const [first] = routing.spec.http ?? [];
  const [only, ...more] = first?.route ?? [];
  if (others.length > 0 || first === undefined || only === undefined || more.length > 0) return undefined;
  return (first.match ?? []).length > 0 ? undefined : (only.destination.subset ?? '');
}

/** A VirtualService may answer calls of a service by itself, or by another one. */
export function isRoutedElsewhere(service: Service, input: AnalysisInput): boolean {
  const { hostname } = service;
  const { domainSuffix } = input.settings;
  return routingOf(service, input).some(({ spec, namespace }) => {
    const hosts = [...(spec.http ?? []), ...(spec.tls ?? []), ...(spec.tcp ?? [])].flatMap(({ route }) =>
      route === undefined
        ? ['']
        : route.map(({ destination }) => resolveHost(destination.host, namespace, domainSuffix)),
    );
    return hosts.some((host) => host !== hostname) || (spec.http ?? []).some(({ fault }) => fault !== undefined);
  });
}

/** The Services of Kubernetes that send to a pod. */
export function servicesOf({ servicesByNamespace }: MeshLookup, { namespace, labels }: Workload): readonly Service[] {
  return (servicesByNamespace.get(namespace) ?? []).filter(
    (service) =>
      service.selector !== undefined &&
      Object.entries(service.selector).every(([name, value]) => labels[name] === value),
  );
}

/** Where a pod listens for a port of a service; undefined where it has no port of that name. */
export function targetOf({ targetPort }: ServicePort, { namedPorts }: Workload): number | undefined {
  return typeof targetPort === 'number' ? targetPort : namedPorts[targetPort];
}
