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
 * The services that a workload was seen to use, and nothing else. A workload without labels cannot be selected: then the
 * resource would hold for its whole namespace, so there is none.
 * https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export function sidecarResource(workload: string, scope: LearntScope): SidecarResource | undefined {
  const [namespace = '', name = ''] = workload.split('/');
  if (Object.keys(scope.labels).length === 0) return undefined;
  const hosts = servicesOf(scope).map((service) =>
    service.startsWith(`${namespace}/`) ? `.${service.slice(namespace.length)}` : service,
  );
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name, namespace },
    // An egress listener has to have a host; this one stands for none.
    spec: { workloadSelector: { labels: scope.labels }, egress: [{ hosts: hosts.length === 0 ? ['~/*'] : hosts }] },
  };
}

/** `<namespace>/<host>`, sorted. */
export function servicesOf({ uses }: LearntScope): readonly string[] {
  return [...new Set([...uses.values()].map(({ service }) => service).filter((service) => service !== ''))].sort();
}
