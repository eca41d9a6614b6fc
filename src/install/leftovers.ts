import type { JsonObject } from '../model/json.ts';
import type { InstallCluster } from './cluster.ts';
import { listAt, textAt } from './fields.ts';

/** Made by Kubernetes itself in each namespace, or of what is gone. */
const quiet = ['events', 'endpoints', 'endpointslices', 'controllerrevisions', 'pods.metrics'];
const standard = [
  'configmaps/kube-root-ca.crt',
  'serviceaccounts/default',
  'leases/outrigger-install',
  'leases/outrigger-leader',
];

/** What is in a namespace besides what every namespace has: `secrets/cacerts`. Throws OR1630, OR2503. */
export async function leftoversOf(cluster: InstallCluster, namespace: string): Promise<string[]> {
  const kinds = await namespacedKinds(cluster);
  const found = await Promise.all(
    kinds.map(async ({ base, resource }) => {
      const items = await cluster.list(`${base}/namespaces/${namespace}/${resource}`);
      return items.map((item) => `${resource}/${textAt(item, 'metadata', 'name')}`);
    }),
  );
  return [...new Set(found.flat())].filter((name) => !standard.includes(name)).sort();
}

interface NamespacedKind {
  /** `/apis/apps/v1` */
  readonly base: string;
  readonly resource: string;
}

async function namespacedKinds(cluster: InstallCluster): Promise<NamespacedKind[]> {
  const groups = listAt(await cluster.get('/apis'), 'groups');
  const bases = groups.map((group) => `/apis/${textAt(group, 'preferredVersion', 'groupVersion')}`);
  const lists = await Promise.all(
    ['/api/v1', ...bases].map(async (base) => resourcesOf(base, await cluster.get(base))),
  );
  return lists.flat();
}

function resourcesOf(base: string, answer: JsonObject | undefined): NamespacedKind[] {
  return listAt(answer, 'resources')
    .filter((resource) => {
      const { namespaced, verbs } = resource as JsonObject;
      const name = textAt(resource, 'name');
      return (
        namespaced === true &&
        Array.isArray(verbs) &&
        verbs.includes('list') &&
        !name.includes('/') &&
        !quiet.includes(name)
      );
    })
    .map((resource) => ({ base, resource: textAt(resource, 'name') }));
}
