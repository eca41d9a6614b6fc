import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { controlPlaneName, installationLabel, labelled, partLabel, revisionLabel } from './build-manifests.ts';
import type { InstallCluster } from './cluster.ts';
import { textAt } from './fields.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ManifestOptions } from './manifest-options.ts';
import { collectionPath, objectPath } from './object-path.ts';
import { foreignClaims } from './webhook-claims.ts';
import { buildWebhookConfigurations } from './webhook-configuration.ts';

export const tagLabel = 'outrigger.io/tag';

export interface RevisionTag {
  readonly tag: string;
  readonly revision: string;
  /** That ask for the tag by their label. */
  readonly namespaces: readonly string[];
}

/** The tags of a revision, by the webhooks that make them. Pure. */
export function tagsOf(webhooks: readonly JsonObject[], revision: string): string[] {
  return webhooks
    .filter((webhook) => textAt(webhook, 'metadata', 'labels', revisionLabel) === revision)
    .map((webhook) => textAt(webhook, 'metadata', 'labels', tagLabel))
    .filter((tag) => tag !== '')
    .sort();
}

/** Throws OR1630, OR2503. */
export async function ownWebhooks(cluster: InstallCluster, namespace: string): Promise<JsonObject[]> {
  const labelSelector = `${partLabel.key}=${partLabel.value},${installationLabel}=${namespace}`;
  return cluster.list(collectionPath('MutatingWebhookConfiguration'), { labelSelector });
}

/** The tags of an installation with who uses them. Throws OR1630, OR2503. */
export async function listTags(cluster: InstallCluster, namespace: string): Promise<RevisionTag[]> {
  const webhooks = await ownWebhooks(cluster, namespace);
  const namespaces = await cluster.list(collectionPath('Namespace'));
  const revisions = new Set(webhooks.map((webhook) => textAt(webhook, 'metadata', 'labels', revisionLabel)));
  const tags = [...revisions].flatMap((revision) => tagsOf(webhooks, revision).map((tag) => ({ tag, revision })));
  return tags
    .map(({ tag, revision }) => ({ tag, revision, namespaces: namespaces.filter(asksFor(tag)).map(nameOf).sort() }))
    .sort((left, right) => (left.tag < right.tag ? -1 : 1));
}

/** As the webhooks select: the older label decides where both are there. */
function asksFor(tag: string): (namespace: JsonObject) => boolean {
  return (namespace) => {
    const label = (key: string) => textAt(namespace, 'metadata', 'labels', key);
    const injection = label('istio-injection');
    return injection === '' ? label('istio.io/rev') === tag : tag === 'default' && injection === 'enabled';
  };
}

const nameOf = (object: JsonObject) => textAt(object, 'metadata', 'name');

/** The one object that a tag is. Pure. */
export function tagWebhook(options: ManifestOptions, tag: string): KubernetesObject {
  const service = controlPlaneName(options.revision);
  const called = { ...options, tags: [tag], service, url: options.webhookUrl === '' ? undefined : options.webhookUrl };
  const [, configuration] = buildWebhookConfigurations(called);
  if (configuration === undefined) throw new Error('a tag has one configuration');
  return labelled(configuration, options);
}

export interface TagMove {
  readonly cluster: InstallCluster;
  /** Of the revision that gets it. */
  readonly to: ManifestOptions;
  readonly tag: string;
  readonly overwrite: boolean;
}

/**
 * Makes a tag, or moves it: one write, so that at any time one revision has it and no pod is left without a proxy. Gives the
 * revision that had it. Throws OR1630, OR2503, OR2504 (a revision has the name, or another mesh the pods), OR2505, OR2517.
 */
export async function setTag({ cluster, to, tag, overwrite }: TagMove): Promise<string | undefined> {
  const wanted = tagWebhook(to, tag);
  const all = await cluster.list(collectionPath('MutatingWebhookConfiguration'));
  const before = all.find((one) => nameOf(one) === wanted.metadata.name);
  const others = all.filter((one) => one !== before);
  // Also the revision's own name: two webhooks would have the same pods.
  const [claim] = foreignClaims(others, { revision: '', tags: [tag], namespace: to.namespace });
  if (claim !== undefined)
    throw new OutriggerError('OR2504', `${claim.name} (${claim.owner}) has the pods of ${claim.label}`);
  const had = before === undefined ? undefined : textAt(before, 'metadata', 'labels', revisionLabel);
  if (had !== undefined && had !== to.revision && !overwrite)
    throw new OutriggerError('OR2517', `"${tag}" points to revision ${had}`);
  if (before !== undefined && textAt(before, 'metadata', 'labels', installationLabel) !== to.namespace)
    throw new OutriggerError('OR2504', `${nameOf(before)} is of another installation`);
  await cluster.apply(objectPath(wanted), wanted, { force: false, dryRun: false });
  return had === to.revision ? undefined : had;
}

/** Throws OR1630, OR2503, OR2518. */
export async function removeTag(cluster: InstallCluster, namespace: string, tag: string): Promise<void> {
  const found = (await ownWebhooks(cluster, namespace)).find(
    (webhook) => textAt(webhook, 'metadata', 'labels', tagLabel) === tag,
  );
  if (found === undefined) throw new OutriggerError('OR2518', `no tag "${tag}" in ${namespace}`);
  const kind = 'MutatingWebhookConfiguration' as const;
  await cluster.remove(objectPath({ kind, metadata: { name: nameOf(found) } }));
}
