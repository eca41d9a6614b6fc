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

/** A VirtualService may answer calls of a service by itself, or by another one. */
export function isRoutedElsewhere({ hostname }: Service, { snapshot, settings }: AnalysisInput): boolean {
  const { domainSuffix } = settings;
  return snapshot.virtualServices
    .filter(({ spec, namespace }) =>
      (spec.hosts ?? []).some((host) => {
        const full = resolveHost(host, namespace, domainSuffix);
        return full === hostname || hostCovers(full, hostname);
      }),
    )
    .some(({ spec, namespace }) => {
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
