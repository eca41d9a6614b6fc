import { expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { buildManifests } from './build-manifests.ts';
import type { InstallCluster } from './cluster.ts';
import { textAt } from './fields.ts';
import { defaultManifestOptions, type ManifestOptions } from './manifest-options.ts';
import { collectionPath, objectPath } from './object-path.ts';
import { listTags, removeTag, setTag, tagObjects } from './tags.ts';
import { planUninstall } from './uninstall-plan.ts';

const optionsOf = (revision: string): ManifestOptions => ({ ...defaultManifestOptions, caPem: 'x', revision });
const blue = optionsOf('blue');
const green = optionsOf('green');

function hasLabels(object: JsonObject, selector: string): boolean {
  const pairs = selector.split(',').filter((pair) => pair !== '');
  return pairs.every((pair) => textAt(object, 'metadata', 'labels', pair.split('=')[0] ?? '') === pair.split('=')[1]);
}

/** Keeps what is applied, as an API server would. */
let denied = 'nothing';

function clusterOf(...revisions: ManifestOptions[]) {
  const kept = new Map<string, JsonObject>();
  for (const object of revisions.flatMap(buildManifests)) kept.set(objectPath(object), object as unknown as JsonObject);
  const refuse = async () => {
    throw new Error('nobody asks for that');
  };
  const cluster: InstallCluster = {
    create: async (_, body) => ({ status: { allowed: !JSON.stringify(body).includes(denied) } }),
    ...{ replace: refuse, merge: refuse, serverTime: refuse, get: async (path) => kept.get(path) },
    list: async (path, { labelSelector = '' } = {}) =>
      [...kept]
        .filter(([key, object]) => key.startsWith(`${path}/`) && hasLabels(object, labelSelector))
        .map(([, object]) => object),
    apply: async (path, body) => {
      kept.set(path, body as JsonObject);
      return body as JsonObject;
    },
    remove: async (path) => kept.delete(path),
  };
  const addNamespace = (name: string, labels: JsonObject) =>
    kept.set(`${collectionPath('Namespace')}/${name}`, { metadata: { name, labels } });
  return { cluster, addNamespace };
}

test('a tag is made, kept from others, moved by one write, listed with who uses it, and removed', async () => {
  const { cluster, addNamespace } = clusterOf(blue, green);
  addNamespace('shop', { 'istio.io/rev': 'prod' });
  addNamespace('other', { 'istio.io/rev': 'prod', 'istio-injection': 'disabled' });
  expect(await setTag({ cluster, to: blue, tag: 'prod', overwrite: false })).toBeUndefined();
  expect(await setTag({ cluster, to: blue, tag: 'prod', overwrite: false })).toBeUndefined();
  await expect(setTag({ cluster, to: green, tag: 'prod', overwrite: false })).rejects.toMatchObject({
    code: 'OR2517',
    detail: '"prod" points to revision blue',
  });
  expect(await setTag({ cluster, to: green, tag: 'prod', overwrite: true })).toBe('blue');
  expect(await listTags(cluster, 'outrigger-system')).toEqual([
    { tag: 'prod', revision: 'green', namespaces: ['shop'] },
  ]);
  addNamespace('old', { 'istio.io/rev': 'blue' });
  const asking = async (revision: string) =>
    (await planUninstall(cluster, { namespace: 'outrigger-system', revision, purge: false })).asking;
  expect([await asking('blue'), await asking('green')]).toEqual([['old (blue)'], ['shop (prod)']]);
  await removeTag(cluster, 'outrigger-system', 'prod');
  expect(await listTags(cluster, 'outrigger-system')).toEqual([]);
  await expect(removeTag(cluster, 'outrigger-system', 'prod')).rejects.toMatchObject({ code: 'OR2518' });
});

test.each(['blue', 'green'])('a tag with the name of a revision (%s) would have its pods twice', async (tag) => {
  const { cluster } = clusterOf(blue, green);
  await expect(setTag({ cluster, to: blue, tag, overwrite: true })).rejects.toMatchObject({ code: 'OR2519' });
});

test('the tag default is free where no revision is called so', async () => {
  const { cluster } = clusterOf(blue);
  expect(await setTag({ cluster, to: blue, tag: 'default', overwrite: false })).toBeUndefined();
  // What names no revision is checked by whoever has the tag.
  const checks = tagObjects(blue, 'default').map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(checks).toEqual([
    'MutatingWebhookConfiguration outrigger-revision-tag-default',
    'ValidatingWebhookConfiguration outrigger-validator-tag-default-outrigger-system',
  ]);
  await removeTag(cluster, 'outrigger-system', 'default');
  expect(
    await cluster.list(collectionPath('ValidatingWebhookConfiguration'), { labelSelector: 'outrigger.io/tag=default' }),
  ).toEqual([]);
  const taken = clusterOf(blue, optionsOf('default'));
  await expect(setTag({ ...taken, to: blue, tag: 'default', overwrite: true })).rejects.toMatchObject({
    code: 'OR2519',
    detail: '"default" is the name of a revision of outrigger-system',
  });
});

test('without the right to one of both objects of the tag default, none is made or removed', async () => {
  const { cluster } = clusterOf(blue);
  const move = { cluster, to: blue, tag: 'default', overwrite: false };
  const webhooks = () =>
    cluster.list(collectionPath('MutatingWebhookConfiguration'), { labelSelector: 'outrigger.io/tag=default' });
  denied = 'validatingwebhookconfigurations';
  const detail = 'you may not get, create, patch: validatingwebhookconfigurations.admissionregistration.k8s.io';
  await expect(setTag(move)).rejects.toMatchObject({ code: 'OR2503', detail });
  expect(await webhooks()).toEqual([]);
  denied = 'nothing';
  await setTag(move);
  denied = '"verb":"delete","group":"admissionregistration.k8s.io","resource":"validatingwebhookconfigurations"';
  await expect(removeTag(cluster, 'outrigger-system', 'default')).rejects.toMatchObject({ code: 'OR2503' });
  expect((await webhooks()).length).toBe(1);
  denied = 'nothing';
});

test('whoever is called by it is told the tag', () => {
  expect(JSON.stringify(tagObjects(green, 'prod'))).toContain('"path":"/inject/revision-tag/prod"');
});
