import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { buildManifests, installationLabel, partLabel, revisionLabel } from './build-manifests.ts';
import type { InstallCluster } from './cluster.ts';
import { textAt } from './fields.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ManifestOptions } from './manifest-options.ts';
import { collectionPath, objectPath } from './object-path.ts';
import { refuseWithout, rightsToApply, rightsToRemove } from './rights.ts';
import { foreignClaims } from './webhook-claims.ts';

export const tagLabel = 'outrigger.io/tag';

export interface RevisionTag {
  readonly tag: string;
  readonly revision: string;
  /** That ask for the tag by their label. */
  readonly namespaces: readonly string[];
}

export interface RevisionPlace {
  /** Of the control plane. */
  readonly namespace: string;
  readonly revision: string;
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

/** Namespaces that ask for a revision, by its name or by a tag of it: `shop (prod)`. Throws OR1630, OR2503. */
export async function askingFor(cluster: InstallCluster, { namespace, revision }: RevisionPlace): Promise<string[]> {
  const names = [revision, ...tagsOf(await ownWebhooks(cluster, namespace), revision)];
  const namespaces = await cluster.list(collectionPath('Namespace'));
  return names.flatMap((name) => namespaces.filter(asksFor(name)).map((one) => `${nameOf(one)} (${name})`)).sort();
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

/** What a tag is: one webhook, and for the tag `default` the checks of resources that name no revision. Pure. */
export function tagObjects(options: ManifestOptions, tag: string): KubernetesObject[] {
  const isTags = ({ metadata }: KubernetesObject) => metadata.labels?.[tagLabel] === tag;
  return buildManifests({ ...options, tags: [tag] }).filter(isTags);
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
 * revision that had it. Throws OR1630, OR2503, OR2504 (another mesh has the pods), OR2505, OR2517,
 * OR2519 (a revision has the name).
 */
export async function setTag({ cluster, to, tag, overwrite }: TagMove): Promise<string | undefined> {
  const wanted = tagObjects(to, tag);
  const all = await cluster.list(collectionPath('MutatingWebhookConfiguration'));
  const before = all.find((one) => nameOf(one) === wanted[0]?.metadata.name);
  const others = all.filter((one) => one !== before);
  // Two webhooks would have the same pods, and the revision's own is never patched (0342).
  if (others.some((one) => isOfRevision(one, { namespace: to.namespace, revision: tag })))
    throw new OutriggerError('OR2519', `"${tag}" is the name of a revision of ${to.namespace}`);
  const [claim] = foreignClaims(others, { revision: '', tags: [tag], namespace: to.namespace });
  if (claim !== undefined)
    throw new OutriggerError('OR2504', `${claim.name} (${claim.owner}) has the pods of ${claim.label}`);
  const had = before === undefined ? undefined : textAt(before, 'metadata', 'labels', revisionLabel);
  if (had !== undefined && had !== to.revision && !overwrite)
    throw new OutriggerError('OR2517', `"${tag}" points to revision ${had}`);
  if (before !== undefined && textAt(before, 'metadata', 'labels', installationLabel) !== to.namespace)
    throw new OutriggerError('OR2504', `${nameOf(before)} is of another installation`);
  // The tag `default` is two objects: both or none.
  await refuseWithout(cluster, rightsToApply(wanted));
  for (const object of wanted) await cluster.apply(objectPath(object), object, { force: false, dryRun: false });
  return had === to.revision ? undefined : had;
}

/** Whether a webhook is that of a revision itself, and not of a tag. */
function isOfRevision(webhook: JsonObject, { namespace, revision }: RevisionPlace): boolean {
  const label = (key: string) => textAt(webhook, 'metadata', 'labels', key);
  return label(installationLabel) === namespace && label(revisionLabel) === revision && label(tagLabel) === '';
}

/** Throws OR1630, OR2503, OR2518. */
export async function removeTag(cluster: InstallCluster, namespace: string, tag: string): Promise<void> {
  const labelSelector = `${partLabel.key}=${partLabel.value},${installationLabel}=${namespace},${tagLabel}=${tag}`;
  const found = await Promise.all(
    (['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const).map(async (kind) =>
      (await cluster.list(collectionPath(kind), { labelSelector })).map((object) => ({ kind, name: nameOf(object) })),
    ),
  );
  if (found.flat().length === 0) throw new OutriggerError('OR2518', `no tag "${tag}" in ${namespace}`);
  const objects = found.flat().map(({ kind, name }) => ({ kind, metadata: { name } as KubernetesObject['metadata'] }));
  await refuseWithout(cluster, rightsToRemove(objects, []));
  for (const { kind, name } of found.flat()) await cluster.remove(objectPath({ kind, metadata: { name } }));
}
