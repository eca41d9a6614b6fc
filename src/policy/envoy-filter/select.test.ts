import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { istioVersion } from '../../model/istio-version.ts';
import { defaultMeshSettings } from '../../model/mesh-settings.ts';
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
const proxy = {
  ...{ namespace: 'x', name: 'a-1', labels: { app: 'a' }, ips: ['10.0.0.1', 'fd00::1'], serviceAccount: 'sa' },
  ...{ nodeName: 'n1', workloadName: 'a', metadata: { NETWORK: 'east', MINE: 'true', NAME: 'another' } },
};
const found = (...configs: Config<EnvoyFilter>[]) =>
  patchesFor(configs, { proxy, settings: { ...defaultMeshSettings, rootNamespaces: ['root'] } }).map(
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

test.each(['{applyTo: BOOTSTRAP, patch: {operation: ADD, value: {}}}', '{applyTo: CLUSTER}'])(
  'left out as a whole: %s',
  (entry) => {
    const spec = `{configPatches: [${entry}, {applyTo: CLUSTER, patch: {operation: REMOVE}}]}`;
    expect(found(filter('f', spec))).toEqual(['f spec.configPatches[1]']);
  },
);

const [major, minor] = istioVersion.split('.');
test.each<[string, boolean]>([
  [`{proxyVersion: '^${major}\\.${minor}.*'}`, true],
  [`{proxyVersion: '${minor}'}`, true],
  ["{proxyVersion: ''}", true],
  ["{proxyVersion: '^1\\.1[0-9].*'}", false],
  [`{metadata: {ISTIO_VERSION: ${istioVersion}}}`, true],
  ['{metadata: {NAMESPACE: x, SERVICE_ACCOUNT: sa, NODE_NAME: n1, WORKLOAD_NAME: a}}', true],
  ['{metadata: {NAME: a-1, INSTANCE_IPS: "10.0.0.1,fd00::1"}}', true],
  ['{metadata: {CLUSTER_ID: Kubernetes, MESH_ID: cluster.local, INTERCEPTION_MODE: REDIRECT}}', true],
  ['{metadata: {NETWORK: east, MINE: "true"}}', true],
  ['{metadata: {NETWORK: west}}', false],
  ['{metadata: {NETWORK: east, NAMESPACE: y}}', false],
  ['{metadata: {UNKNOWN: ""}}', false],
  [`{proxyVersion: '^${major}', metadata: {NAMESPACE: y}}`, false],
])('for proxies of %s: %s', (match, expected) => {
  const spec = `{configPatches: [{applyTo: CLUSTER, match: {proxy: ${match}}, patch: {operation: REMOVE}}]}`;
  expect(found(filter('f', spec)).length > 0).toBe(expected);
});
