import type { LearntScope } from './scope.ts';

/** `networking.istio.io/v1` Sidecar, for a person to look at, change and commit. */
export interface SidecarResource {
  readonly apiVersion: 'networking.istio.io/v1';
  readonly kind: 'Sidecar';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly workloadSelector?: { readonly labels: Readonly<Record<string, string>> };
    readonly egress: readonly { readonly hosts: readonly string[] }[];
  };
}

/**
 * The services that a workload was seen to use, and nothing else. Without any it would be cut off from all, and without
 * labels the resource would hold for its whole namespace: then there is none.
 * https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export function sidecarResource(workload: string, scope: LearntScope): SidecarResource | undefined {
  const [namespace = '', name = ''] = workload.split('/');
  const services = servicesOf(scope);
  if (Object.keys(scope.labels).length === 0 || services.length === 0) return undefined;
  const hosts = services.map((service) =>
    service.startsWith(`${namespace}/`) ? `.${service.slice(namespace.length)}` : service,
  );
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name, namespace },
    spec: { workloadSelector: { labels: scope.labels }, egress: [{ hosts }] },
  };
}

/** `<namespace>/<host>`, sorted. */
export function servicesOf({ uses }: LearntScope): readonly string[] {
  return [...new Set([...uses.values()].map(({ service }) => service).filter((service) => service !== ''))].sort();
}
