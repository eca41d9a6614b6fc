import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { listAt, textAt } from './fields.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ManifestOptions } from './manifest-options.ts';
import { collectionPath, titleOf } from './object-path.ts';
import { type FoundObject, labelledObjects } from './uninstall-plan.ts';

/**
 * What an installation before, with other options, made of the same revision and these objects are not: the egress gateway after
 * `profile=demo`. Undefined without the right to look. Throws OR1630.
 */
export async function surplusOf(
  cluster: InstallCluster,
  objects: readonly KubernetesObject[],
  plan: ManifestOptions,
): Promise<FoundObject[] | undefined> {
  const wanted = new Set(objects.map(titleOf));
  try {
    const found = [...(await labelledObjects(cluster, plan)), ...(await ownMeshConfig(cluster, plan))];
    return found.filter((object) => !wanted.has(titleOf(object)));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return undefined;
  }
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
function isForbidden(error: unknown): boolean {
  return error instanceof OutriggerError && error.code === 'OR2503';
}
