import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { at } from './fields.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { placeOf } from './object-path.ts';

/** One question for the API server: may I? */
export interface Right {
  readonly verb: string;
  /** '' is the core group. */
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
}

/** What a person needs who installs these objects. Pure. */
export function rightsFor(objects: readonly KubernetesObject[], namespace: string, probed: string): Right[] {
  const needed = objects.flatMap(({ kind, metadata }) => rightsOf(kind, metadata.namespace));
  const others = [
    ...['get', 'create'].flatMap((verb) => rightOf(verb, 'Secret', namespace)),
    ...rightsToHold(namespace),
    rightOf('list', 'MutatingWebhookConfiguration'),
    rightOf('create', 'Pod', probed),
  ].flat();
  return [...new Map([...needed, ...others].map((right) => [nameOf(right), right])).values()];
}

/** What a person needs who keeps others from the same for a while. Pure. */
export function rightsToHold(namespace: string): Right[] {
  return ['get', 'create', 'update', 'delete'].flatMap((verb) => rightOf(verb, 'Lease', namespace));
}

/** What a person needs who applies them. Pure. */
export function rightsToApply(objects: readonly Pick<KubernetesObject, 'kind' | 'metadata'>[]): Right[] {
  const needed = objects.flatMap(({ kind, metadata }) => rightsOf(kind, metadata.namespace));
  return [...new Map(needed.map((right) => [nameOf(right), right])).values()];
}

/** Throws OR2503 with all of them that are missing, OR1630 and what `create` throws. */
export async function refuseWithout(cluster: InstallCluster, rights: readonly Right[]): Promise<void> {
  const missing = await missingRights(cluster, rights);
  if (missing.length > 0) throw new OutriggerError('OR2503', `you may not ${sayRights(missing)}`);
}

/** What a person needs who removes them; `merged` are the kinds that lose a label. Pure. */
export function rightsToRemove(
  objects: readonly { readonly kind: string; readonly metadata: { readonly namespace?: string } }[],
  merged: readonly string[],
): Right[] {
  const needed = [
    ...objects.flatMap(({ kind, metadata }) => rightOf('delete', kind, metadata.namespace)),
    ...merged.flatMap((kind) => rightOf('patch', kind)),
  ];
  return [...new Map(needed.map((right) => [nameOf(right), right])).values()];
}

function rightsOf(kind: string, namespace: string | undefined): Right[] {
  return ['get', 'create', 'patch'].flatMap((verb) => rightOf(verb, kind, namespace));
}

function rightOf(verb: string, kind: string, namespace?: string): Right[] {
  const { apiVersion, plural } = placeOf(kind);
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return [{ verb, group, resource: plural, ...(namespace === undefined ? {} : { namespace }) }];
}

/** As a person reads it: `create deployments.apps in outrigger-system`. */
export function nameOf({ verb, group, resource, namespace }: Right): string {
  const what = group === '' ? resource : `${resource}.${group}`;
  return `${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

/** Many of them, with those of the same verbs and namespace together. Pure. */
export function sayRights(rights: readonly Right[]): string {
  const verbs = new Map<string, string[]>();
  for (const right of rights) {
    const key = nameOf({ ...right, verb: '' }).trim();
    verbs.set(key, [...(verbs.get(key) ?? []), right.verb]);
  }
  const together = new Map<string, string[]>();
  for (const [name, list] of verbs) {
    const [what = '', place = ''] = name.split(' in ');
    const key = `${list.join(', ')}${place === '' ? '' : ` in ${place}`}`;
    together.set(key, [...(together.get(key) ?? []), what]);
  }
  return [...together].map(([key, names]) => `${key}: ${names.join(', ')}`).join('; ');
}

const atOnce = 8;

/** Those that the API server denies. Throws OR1630 and what `create` throws. */
export async function missingRights(cluster: InstallCluster, rights: readonly Right[]): Promise<Right[]> {
  const missing: Right[] = [];
  for (let from = 0; from < rights.length; from += atOnce) {
    const group = rights.slice(from, from + atOnce);
    const answers = await Promise.all(group.map((right) => allowed(cluster, right)));
    missing.push(...group.filter((_, index) => answers[index] === false));
  }
  return missing;
}

async function allowed(cluster: InstallCluster, resourceAttributes: Right): Promise<boolean> {
  const answer = await cluster.create('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  });
  return at(answer, 'status', 'allowed') === true;
}
