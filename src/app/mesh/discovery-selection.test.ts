import { expect, test } from 'vitest';
import { objectKey, type SourceObject } from '../../source/object-source.ts';
import { DiscoverySelection } from './discovery-selection.ts';

function object(kind: string, namespace: string, name: string, labels = {}): SourceObject {
  const place = { kind, namespace, name };
  return { apiVersion: 'v1', ...place, object: { metadata: { name, labels } }, origin: place };
}
const space = (name: string, labels = {}) => object('Namespace', '', name, labels);
const meshed = [{ matchLabels: { mesh: 'on' } }];

/** What the mesh sees after each step. */
function watched(selectors: ConstructorParameters<typeof DiscoverySelection>[0] = []) {
  const selection = new DiscoverySelection(selectors);
  const seen = new Set<string>();
  const take = ({ upserts, removals }: ReturnType<DiscoverySelection['apply']>) => {
    for (const key of removals) expect(seen.delete(key), `${key} is taken away once`).toBe(true);
    for (const upsert of upserts) seen.add(objectKey(upsert));
    return [...seen].filter((key) => !key.startsWith('Namespace')).sort();
  };
  return {
    put: (...upserts: SourceObject[]) => take(selection.apply({ upserts, removals: [] })),
    remove: (...removals: string[]) => take(selection.apply({ upserts: [], removals })),
    select: (next: typeof selectors) => take(selection.select(next)),
  };
}

const all = [
  ...[space('a', { mesh: 'on' }), object('Service', 'a', 's'), object('Pod', 'a', 'p')],
  ...[space('b'), object('Service', 'b', 's'), object('Pod', 'b', 'p'), object('Secret', 'b', 'x')],
];
const everything = ['Pod a/p', 'Pod b/p', 'Secret b/x', 'Service a/s', 'Service b/s'];
const selected = ['Pod a/p', 'Pod b/p', 'Secret b/x', 'Service a/s'];

test('without selectors all, with them what their namespaces have; pods and Secrets always', () => {
  expect(watched().put(...all)).toEqual(everything);
  expect(watched(meshed).put(...all)).toEqual(selected);
  expect(watched([...meshed, { matchLabels: { 'kubernetes.io/metadata.name': 'b' } }]).put(...all)).toEqual(everything);
});

test('selectors, labels and objects change', () => {
  const { put, remove, select } = watched();
  put(...all);
  expect(select(meshed)).toEqual(selected);
  expect(put(object('Service', 'b', 's', { x: 'y' }), object('Service', 'b', 't'))).toEqual(selected);
  expect(remove('Service b/t')).toEqual(selected);
  expect(put(space('b', { mesh: 'on' }))).toEqual(everything);
  expect(put(space('a'))).toEqual(everything.filter((key) => key !== 'Service a/s'));
  expect(remove('Service a/s')).toEqual(everything.filter((key) => key !== 'Service a/s'));
  expect(remove('Namespace /b')).toEqual(['Pod a/p', 'Pod b/p', 'Secret b/x']);
  expect(select([])).toEqual(['Pod a/p', 'Pod b/p', 'Secret b/x', 'Service b/s']);
});

test('objects that come before their namespace', () => {
  const { put } = watched(meshed);
  expect(put(object('Service', 'c', 's'))).toEqual([]);
  expect(put(space('c', { mesh: 'on' }))).toEqual(['Service c/s']);
});
