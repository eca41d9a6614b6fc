import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Config } from '../../registry/snapshot.ts';
import type { EnvoyFilter } from '../../schema/kinds.ts';
import { patchesFor } from './select.ts';

function filter(name: string, spec: string, namespace = 'x'): Config<EnvoyFilter> {
  const place = { namespace, name };
  return {
    ...place,
    spec: parse(spec),
    createdAt: 0,
    labels: {},
    annotations: {},
    origin: { kind: 'EnvoyFilter', ...place },
  };
}
const one = (more = '') => `{configPatches: [{applyTo: CLUSTER, patch: {operation: REMOVE}}]${more}}`;
const found = (...configs: Config<EnvoyFilter>[]) =>
  patchesFor(configs, { namespace: 'x', labels: { app: 'a' }, rootNamespaces: ['root'] }).map(
    ({ origin }) => `${origin.name} ${origin.field}`,
  );

test('by priority, then those of the root namespace, then the oldest', () => {
  expect(
    found(
      filter('late', one(', priority: 1')),
      filter('own', one()),
      filter('younger', one()),
      filter('root', one(), 'root'),
      filter('early', one(', priority: -1')),
      filter('elsewhere', one(), 'y'),
      filter('selected', one(', workloadSelector: {labels: {app: a}}')),
      filter('others', one(', workloadSelector: {labels: {app: b}}')),
      filter('attached', one(', targetRefs: [{kind: Gateway, name: g}]')),
    ).map((text) => text.split(' ')[0]),
  ).toEqual(['early', 'root', 'own', 'younger', 'selected', 'late']);
});

test.each([
  '{applyTo: BOOTSTRAP, patch: {operation: MERGE}}',
  '{applyTo: CLUSTER}',
  '{applyTo: CLUSTER, match: {proxy: {proxyVersion: x}}, patch: {operation: REMOVE}}',
  '{applyTo: EXTENSION_CONFIG, patch: {operation: ADD}}',
])('left out as a whole: %s', (entry) => {
  const spec = `{configPatches: [${entry}, {applyTo: CLUSTER, patch: {operation: REMOVE}}]}`;
  expect(found(filter('f', spec))).toEqual(['f spec.configPatches[1]']);
});
