import type { JsonObject } from '../model/json.ts';
import { installationLabel, partLabel, revisionLabel } from './build-manifests.ts';
import type { InstallCluster } from './cluster.ts';
import { textAt } from './fields.ts';
import { leaseName } from './install-lease.ts';
import { collectionPath, type KnownKind, kindPlaces } from './object-path.ts';
import { askingFor } from './tags.ts';

export interface UninstallScope {
  /** Of the control plane. */
  readonly namespace: string;
  /** Undefined: all of them, and what they share. */
  readonly revision: string | undefined;
  /** Roots and kinds, too. */
  readonly purge: boolean;
}

export interface FoundObject {
  readonly kind: KnownKind;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface UninstallPlan {
  /** In the order of their removal. */
  readonly objects: readonly FoundObject[];
  /** Namespaces of ours, which go when nothing else is in them. */
  readonly namespaces: readonly string[];
  /** Namespaces of users with the label that repeats an annotation. */
  readonly mirrored: readonly string[];
  /** Namespaces whose new pods would have been of the one revision that goes: `shop (prod)`, with the name that they ask for. */
  readonly asking: readonly string[];
  /** Pods that keep a proxy, `namespace/name`. */
  readonly injected: readonly string[];
  /** Resources of users that go with the kinds: `VirtualService shop/cart`. */
  readonly lost: readonly string[];
  /** Why kinds stay although they were to go. */
  readonly keptKinds: string | undefined;
}

const mirrorLabel = 'outrigger.io/linkerd-inject';
const applied: readonly KnownKind[] = (Object.keys(kindPlaces) as KnownKind[]).filter(
  (kind) => !['CustomResourceDefinition', 'Namespace', 'Secret', 'Lease', 'Pod'].includes(kind),
);

/** What is to be removed: by labels, so that it is what was installed, by whatever means. Throws OR1630, OR2503. */
export async function planUninstall(cluster: InstallCluster, scope: UninstallScope): Promise<UninstallPlan> {
  const { namespace, revision, purge } = scope;
  const whole = revision === undefined;
  const mine = selectorOf(scope);
  const objects = await labelledObjects(cluster, scope);
  if (whole) objects.push(...(await madeByControlPlane(cluster, namespace)));
  const others = await otherInstallations(cluster, namespace);
  const takesKinds = whole && purge && others.length === 0;
  const crds = takesKinds ? await ownCrds(cluster) : [];
  if (whole && purge) objects.push(...(await ownSecrets(cluster, namespace)));
  objects.push(...crds.map(({ found }) => found));
  return {
    objects,
    namespaces: whole ? (await find(cluster, 'Namespace', undefined, mine)).map(({ metadata }) => metadata.name) : [],
    mirrored: whole
      ? (await find(cluster, 'Namespace', undefined, mirrorLabel)).map(({ metadata }) => metadata.name)
      : [],
    asking: revision === undefined ? [] : await askingFor(cluster, { namespace, revision }),
    injected: await injectedPods(cluster, revision),
    lost: (await Promise.all(crds.map(({ crd }) => resourcesOf(cluster, crd)))).flat(),
    keptKinds: whole && purge && others.length > 0 ? `another Outrigger in ${others.join(', ')} needs them` : undefined,
  };
}

type Installed = Pick<UninstallScope, 'namespace' | 'revision'>;

/** What was applied, of one revision or of all, in the order of removal. Throws OR1630, OR2503. */
export async function labelledObjects(cluster: InstallCluster, scope: Installed): Promise<FoundObject[]> {
  const lists = await Promise.all(applied.map((kind) => find(cluster, kind, undefined, selectorOf(scope))));
  return lists.flat();
}

function selectorOf({ namespace, revision }: Installed): string {
  return [
    `${partLabel.key}=${partLabel.value}`,
    `${installationLabel}=${namespace}`,
    ...(revision === undefined ? [] : [`${revisionLabel}=${revision}`]),
  ].join(',');
}

async function find(
  cluster: InstallCluster,
  kind: KnownKind,
  namespace: string | undefined,
  labelSelector: string,
): Promise<FoundObject[]> {
  const items = await cluster.list(collectionPath(kind, namespace), { labelSelector });
  return items.map((item) => foundOf(kind, item));
}

function foundOf(kind: KnownKind, item: JsonObject): FoundObject {
  const namespace = textAt(item, 'metadata', 'namespace');
  return { kind, metadata: { name: textAt(item, 'metadata', 'name'), ...(namespace === '' ? {} : { namespace }) } };
}

/** The roots in every namespace, what workloads use, and a lease that was left behind. */
async function madeByControlPlane(cluster: InstallCluster, namespace: string): Promise<FoundObject[]> {
  const leases = await Promise.all(
    [leaseName, 'outrigger-leader'].map((name) => cluster.get(`${collectionPath('Lease', namespace)}/${name}`)),
  );
  return [
    ...(await find(cluster, 'ConfigMap', undefined, `outrigger.io/mesh-root-of=${namespace}`)),
    ...(await find(cluster, 'ConfigMap', namespace, 'outrigger.io/learnt-scopes=true')),
    ...leases.flatMap((lease) => (lease === undefined ? [] : [foundOf('Lease', lease)])),
  ];
}

/** What users made there by hand has not the label. */
async function ownSecrets(cluster: InstallCluster, namespace: string): Promise<FoundObject[]> {
  return find(cluster, 'Secret', namespace, 'app=outrigger');
}

async function ownCrds(cluster: InstallCluster): Promise<{ found: FoundObject; crd: JsonObject }[]> {
  const labelSelector = `${partLabel.key}=${partLabel.value}`;
  const crds = await cluster.list(collectionPath('CustomResourceDefinition'), { labelSelector });
  return crds.map((crd) => ({ crd, found: foundOf('CustomResourceDefinition', crd) }));
}

async function otherInstallations(cluster: InstallCluster, namespace: string): Promise<string[]> {
  const labelSelector = `${partLabel.key}=${partLabel.value}`;
  const webhooks = await cluster.list(collectionPath('MutatingWebhookConfiguration'), { labelSelector });
  const places = webhooks.map((webhook) => textAt(webhook, 'metadata', 'labels', installationLabel));
  return [...new Set(places)].filter((place) => place !== '' && place !== namespace).sort();
}

async function injectedPods(cluster: InstallCluster, revision: string | undefined): Promise<string[]> {
  const pods = await cluster.list(collectionPath('Pod'));
  return pods
    .filter((pod) => {
      const annotation = (key: string) => textAt(pod, 'metadata', 'annotations', key);
      const gateway = /gateway/.test(annotation('inject.istio.io/templates'));
      const other = revision !== undefined && annotation('istio.io/rev') !== revision;
      return annotation('sidecar.istio.io/status') !== '' && !gateway && !other;
    })
    .map((pod) => `${textAt(pod, 'metadata', 'namespace')}/${textAt(pod, 'metadata', 'name')}`)
    .sort();
}

async function resourcesOf(cluster: InstallCluster, crd: JsonObject): Promise<string[]> {
  const [group, plural, kind] = [['group'], ['names', 'plural'], ['names', 'kind']].map((steps) =>
    textAt(crd, 'spec', ...steps),
  );
  const stored = (crd['spec'] as { versions?: { name?: string; served?: boolean }[] } | undefined)?.versions ?? [];
  const version = stored.find(({ served }) => served === true)?.name ?? 'v1';
  const items = await cluster.list(`/apis/${group}/${version}/${plural}`);
  return items.map((item) => `${kind} ${textAt(item, 'metadata', 'namespace')}/${textAt(item, 'metadata', 'name')}`);
}
