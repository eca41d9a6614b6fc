import { listenerProtocol } from '../model/protocol.ts';
import type { Service, ServicePort } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import { isVisible } from '../policy/visibility.ts';
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
  { workloads }: MeshLookup,
  { exportTo, namespace }: Service,
  behind: ReadonlySet<string> = new Set(),
): Workload | undefined {
  const able = workloads.filter(
    (workload) =>
      workload.meshed &&
      workload.role === 'sidecar' &&
      !behind.has(workload.id) &&
      isVisible(exportTo, namespace, workload.namespace),
  );
  return able.find((workload) => workload.namespace === namespace) ?? able[0];
}

export const speaksHttp = ({ protocol }: ServicePort) => listenerProtocol(protocol) === 'http';

/** The Services of Kubernetes that send to a pod. */
export function servicesOf(services: readonly Service[], { namespace, labels }: Workload): readonly Service[] {
  return services.filter(
    (service) =>
      service.namespace === namespace &&
      service.selector !== undefined &&
      Object.entries(service.selector).every(([name, value]) => labels[name] === value),
  );
}

/** Where a pod listens for a port of a service; undefined where it has no port of that name. */
export function targetOf({ targetPort }: ServicePort, { namedPorts }: Workload): number | undefined {
  return typeof targetPort === 'number' ? targetPort : namedPorts[targetPort];
}
