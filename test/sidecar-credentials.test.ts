import { beforeAll, expect, test } from 'vitest';
import { makeRoot } from '../src/identity/make-certificates.ts';
import type { Root } from '../src/identity/root-store.ts';
import type { SourceObject } from '../src/source/object-source.ts';
import { objectsOf, registryOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

let root: Root;
beforeAll(async () => {
  root = await makeRoot(new Date());
});

const pod = (name: string, namespace: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec: {serviceAccountName: ${name}, containers: [{name: app}, {name: istio-proxy}]}
status: {podIP: 10.1.0.1}
---`;
const rule = (selector: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: r}
spec: {host: outside.example.com, ${selector} trafficPolicy: {tls: {mode: MUTUAL, credentialName: cred}}}
---`;
const world = `${pod('a', 'default')}${pod('b', 'default')}${pod('a', 'other')}
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside}
spec: {hosts: [outside.example.com], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}
---`;

function secret(name: string, namespace = 'default'): SourceObject {
  const { certificatePem, privateKeyPem } = root;
  const stringData = { 'tls.crt': certificatePem, 'tls.key': privateKeyPem, 'ca.crt': certificatePem };
  const place = { kind: 'Secret', namespace, name };
  const object = { metadata: { name, namespace }, type: 'kubernetes.io/tls', stringData };
  return { apiVersion: 'v1', ...place, object, origin: place };
}

const names = ['cred', 'cred-cacert', 'uncalled', 'default/cred', 'other/cred'].map((name) => `kubernetes://${name}`);

function setUp(selector: string) {
  const registry = registryOf(world, rule(selector));
  registry.apply({ upserts: [secret('cred'), secret('uncalled'), secret('cred', 'other')], removals: [] });
  const configs = sidecarConfigs();
  const config = (id: string) => {
    const { snapshot } = registry;
    return configs.find({ snapshot, workload: workloadOf(snapshot, id), delta: true, before: undefined });
  };
  const granted = (id: string) => names.filter((name) => config(id).named('secret', name) !== undefined);
  return { registry, config, granted };
}

test('a Secret is for pods that a rule of their namespace selects, and no other name is answered', () => {
  const { granted } = setUp('workloadSelector: {matchLabels: {app: a}},');
  expect(granted('default/a')).toEqual(['kubernetes://cred', 'kubernetes://cred-cacert']);
  expect(granted('default/b')).toEqual([]);
  expect(granted('other/a')).toEqual([]);
});

test('a rule that selects nobody gives no Secret to anybody', () => {
  const { granted } = setUp('');
  for (const id of ['default/a', 'default/b', 'other/a']) expect(granted(id)).toEqual([]);
});

test('it follows the Secret, and nobody else hears of that', () => {
  const { registry, config } = setUp('workloadSelector: {matchLabels: {app: a}},');
  const [mine, others] = [config('default/a'), config('default/b')];
  const clusters = mine.wildcard('cluster');
  registry.apply({ upserts: objectsOf(pod('c', 'default')), removals: ['Secret default/cred'] });
  expect(config('default/a').named('secret', 'kubernetes://cred')).toBeUndefined();
  expect(config('default/a').wildcard('cluster')).toBe(clusters);
  expect(config('default/b')).toBe(others);
});

test('the cluster asks for it, in the shape of each delivery', () => {
  const { config } = setUp('workloadSelector: {matchLabels: {app: a}},');
  const name = 'outbound|80||outside.example.com';
  const text = (id: string) => JSON.stringify(config(id).named('cluster', name)?.deltaFrame.toString('latin1'));
  expect(text('default/a')).toContain('kubernetes://cred-cacert');
  expect(text('default/b')).not.toContain('kubernetes://');
});
