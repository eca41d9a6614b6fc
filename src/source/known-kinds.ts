import { apiGateway, dialectKindOf } from '../schema/dialect-kinds.ts';
import { kindOf } from '../schema/kinds.ts';

export type Scope = 'namespaced' | 'cluster';

/** The kinds of Kubernetes that the mesh reads, by `apiVersion kind`; those of Istio's API are listed in the schema. */
export const kubernetesKinds: ReadonlyMap<string, Scope> = new Map([
  ['v1 Namespace', 'cluster'],
  ['v1 Node', 'cluster'],
  ['v1 Service', 'namespaced'],
  ['v1 Pod', 'namespaced'],
  ['v1 ServiceAccount', 'namespaced'],
  ['v1 Secret', 'namespaced'],
  ['v1 ConfigMap', 'namespaced'],
  ['discovery.k8s.io/v1 EndpointSlice', 'namespaced'],
  // In files they stand for the pods that a cluster would make of them.
  ['apps/v1 Deployment', 'namespaced'],
  ['apps/v1 StatefulSet', 'namespaced'],
  ['apps/v1 DaemonSet', 'namespaced'],
  ['apps/v1 ReplicaSet', 'namespaced'],
  ['batch/v1 Job', 'namespaced'],
]);

/** Undefined for kinds that nothing reads. Other groups have kinds of the same names (Service, Gateway). */
export function scopeOf(apiVersion: string, key: string): Scope | undefined {
  const kind = key === apiGateway ? 'Gateway' : key;
  const scope = kubernetesKinds.get(`${apiVersion} ${kind}`);
  if (scope !== undefined) return scope;
  const known = kindOf(apiVersion, kind);
  if (known === undefined) return dialectKindOf(apiVersion, kind)?.scope;
  return known.scope === 'Cluster' ? 'cluster' : 'namespaced';
}
