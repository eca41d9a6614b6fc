import { expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { buildManifests } from './build-manifests.ts';
import { defaultManifestOptions, type ManifestOptions } from './manifest-options.ts';
import { foreignClaims } from './webhook-claims.ts';

const own = (options: Partial<ManifestOptions>): JsonObject[] =>
  buildManifests({ ...defaultManifestOptions, caPem: 'x', ...options }).filter(
    ({ kind }) => kind === 'MutatingWebhookConfiguration',
  ) as unknown as JsonObject[];

function configuration(
  matchExpressions: object[],
  resources = ['pods'],
  labels: Record<string, string> = {},
): JsonObject {
  return {
    metadata: { name: 'theirs', labels },
    webhooks: [{ rules: [{ resources }], namespaceSelector: { matchExpressions } }],
  } as unknown as JsonObject;
}

const enabled = { key: 'istio-injection', operator: 'In', values: ['enabled'] };
const wanted = { revision: 'default', tags: [], namespace: 'outrigger-system' };

test.each([
  ["Istio's", configuration([enabled], ['pods'], { app: 'sidecar-injector' }), 'istio-injection=enabled', 'Istio'],
  [
    'of a revision that is ours',
    configuration([{ key: 'istio.io/rev', operator: 'In', values: ['default'] }]),
    'istio.io/rev=default',
    'another mesh',
  ],
])('%s webhook has the pods', (_, theirs, label, owner) => {
  expect(foreignClaims([theirs], wanted)).toEqual([{ name: 'theirs', label, owner }]);
});

test.each([
  ['of every pod', configuration([])],
  ['of other objects', configuration([enabled], ['secrets'])],
  ['of another revision', configuration([{ key: 'istio.io/rev', operator: 'In', values: ['1-20'] }])],
  ['of namespaces without the label', configuration([{ key: 'istio-injection', operator: 'DoesNotExist' }])],
])('a webhook %s is let be', (_, theirs) => {
  expect(foreignClaims([theirs], wanted)).toEqual([]);
});

test('our own is not foreign, that of another namespace is, another revision has pods of its own', () => {
  expect(foreignClaims(own({}), wanted)).toEqual([]);
  expect(foreignClaims(own({ namespace: 'mesh' }), wanted)).toMatchObject([
    { owner: 'Outrigger of revision default in mesh' },
  ]);
  expect(foreignClaims(own({}), { ...wanted, revision: 'canary' })).toEqual([]);
  expect(foreignClaims(own({}), { ...wanted, revision: 'canary', tags: ['default'] })).toHaveLength(1);
});
