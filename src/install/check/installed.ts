import { OutriggerError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import { installationLabel, partLabel } from '../build-manifests.ts';
import type { InstallCluster } from '../cluster.ts';
import { listAt, textAt } from '../fields.ts';
import type { ManifestOptions } from '../manifest-options.ts';
import { collectionPath } from '../object-path.ts';
import { readRecorded } from '../recorded-options.ts';
import { tagsOf } from '../tags.ts';

/** The options of each revision that is installed, by the ConfigMaps that say so. Throws OR1630, OR2503, OR2510. */
export async function installedOptions(cluster: InstallCluster, namespace: string): Promise<ManifestOptions[]> {
  const labelSelector = `${partLabel.key}=${partLabel.value},${installationLabel}=${namespace}`;
  const maps = await cluster.list(collectionPath('ConfigMap', namespace), { labelSelector });
  const webhooks = await cluster.list(collectionPath('MutatingWebhookConfiguration'), { labelSelector });
  return maps
    .filter((map) => textAt(map, 'metadata', 'name').endsWith('-options'))
    .map((map) => {
      const name = textAt(map, 'metadata', 'name');
      const recorded = readRecorded(textAt(map, 'data', 'options.json'), `ConfigMap ${namespace}/${name}`);
      const { revision } = recorded;
      return { ...recorded, namespace, tags: tagsOf(webhooks, revision), caPem: caPemOf(webhooks, revision) };
    });
}

/** What the API server trusts now; '' where there is no webhook. */
function caPemOf(webhooks: readonly JsonObject[], revision: string): string {
  const own = webhooks.find((webhook) => textAt(webhook, 'metadata', 'labels', 'outrigger.io/rev') === revision);
  const bundle = textAt(listAt(own, 'webhooks')[0], 'clientConfig', 'caBundle');
  return Buffer.from(bundle, 'base64').toString('utf8');
}

/** Throws OR2512 where there is none. */
export function chooseRevision(
  installed: readonly ManifestOptions[],
  revision: string | undefined,
  namespace: string,
): readonly ManifestOptions[] {
  const chosen = installed.filter((options) => revision === undefined || options.revision === revision);
  if (chosen.length > 0) return chosen;
  throw new OutriggerError(
    'OR2512',
    `${revision === undefined ? 'no' : `no revision ${revision} of a`} control plane in ${namespace}`,
  );
}
