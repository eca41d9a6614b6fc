import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { listAt, textAt } from './fields.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ManifestOptions } from './manifest-options.ts';
import { collectionPath, objectPath, titleOf } from './object-path.ts';
import { type FoundObject, labelledObjects } from './uninstall-plan.ts';

/**
 * Removes what an installation before, with other options, made of the same revision and this one has not: the egress gateway
 * after `profile=demo`. Gives the titles. Without the right to it, OR2503. Throws OR1630.
 */
export async function prune(
  cluster: InstallCluster,
  objects: readonly KubernetesObject[],
  plan: ManifestOptions,
): Promise<string[]> {
  const wanted = new Set(objects.map(titleOf));
  const found = [...(await labelledObjects(cluster, plan)), ...(await ownMeshConfig(cluster, plan))];
  const surplus = found.filter((object) => !wanted.has(titleOf(object)));
  for (const object of surplus) await cluster.remove(objectPath(object));
  return surplus.map(titleOf);
}

/** The ConfigMap `istio` is of no revision; one that a person has edited is that person's. */
async function ownMeshConfig(
  cluster: InstallCluster,
  { namespace, revision }: ManifestOptions,
): Promise<FoundObject[]> {
  if (revision !== 'default') return [];
  const found = await cluster.get(`${collectionPath('ConfigMap', namespace)}/istio`);
  if (textAt(found, 'metadata', 'labels', 'outrigger.io/installation') !== namespace) return [];
  const managers = listAt(found, 'metadata', 'managedFields').map((entry) => textAt(entry, 'manager'));
  const edited = managers.some((manager) => manager !== 'outrigger');
  return edited ? [] : [{ kind: 'ConfigMap', metadata: { name: 'istio', namespace } }];
}

/** True for what only says that the person may not look. */
export function isForbidden(error: unknown): boolean {
  return error instanceof OutriggerError && error.code === 'OR2503';
}
