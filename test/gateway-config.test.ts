import { beforeAll, describe, expect, test } from 'vitest';
import { Configurator } from '../src/discovery/configurator.ts';
import { GatewayConfig } from '../src/discovery/gateway-config.ts';
import { SidecarConfig } from '../src/discovery/sidecar-config.ts';
import { makeRoot } from '../src/identity/make-certificates.ts';
import type { Root } from '../src/identity/root-store.ts';
import type { SourceObject } from '../src/source/object-source.ts';
import {
  app,
  decoded,
  gatewayOf,
  gatewayPod,
  gatewayYaml,
  httpServer,
  routes,
  secondGatewayPod,
} from './gateway-fixture.ts';
import { objectsOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

let one: Root;
let two: Root;
beforeAll(async () => {
  one = await makeRoot(new Date());
  two = await makeRoot(new Date());
});

function secret(name: string, { certificatePem, privateKeyPem }: Root, namespace = 'istio-system'): SourceObject {
  const object = {
    metadata: { name, namespace },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': certificatePem, 'tls.key': privateKeyPem, 'ca.crt': two.certificatePem },
  };
  const place = { kind: 'Secret', namespace, name };
  return { apiVersion: 'v1', ...place, object, origin: place };
}

const yaml = [
  app('a', '10.0.0.1'),
  gatewayYaml(
    'g',
    [
      httpServer('"*"'),
      '{port: {number: 443, name: one, protocol: HTTPS}, hosts: [a.com], tls: {mode: MUTUAL, credentialName: one}}',
    ].join(', '),
  ),
  routes('v', 'hosts: [a.com], gateways: [g], http: [{route: [{destination: {host: a}}]}]'),
].join('');
const cluster = 'outbound|80||a.default.svc.cluster.local';
const pod = (name: string, ip: string, more = '', labels = '') =>
  objectsOf(
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {app: a${labels}}${more}}\nspec: {serviceAccountName: a, containers: [{name: app}]}\nstatus: {podIP: ${ip}}`,
  );

describe('the configuration of a gateway', () => {
  test('is the same until something of it changes, and a change of endpoints makes endpoints alone', () => {
    const { registry, config } = gatewayOf(yaml);
    const before = config();
    expect(config()).toBe(before);
    const endpoints = before.named('endpoint', cluster);
    registry.apply({ upserts: pod('a-2', '10.0.0.7'), removals: [] });
    const after = config();
    expect(after).not.toBe(before);
    expect(after.parts.gateway).toBe(before.parts.gateway);
    for (const type of ['cluster', 'listener'] as const) expect(after.wildcard(type)).toBe(before.wildcard(type));
    expect(after.named('route', 'http.8080')).toBe(before.named('route', 'http.8080'));
    expect(after.named('endpoint', cluster)?.version).not.toBe(endpoints?.version);
    expect(JSON.stringify(decoded(after.named('endpoint', cluster)))).toContain('10.0.0.7');
  });

  test('is shared by the pods of a workload', () => {
    const { registry, configs, config } = gatewayOf(yaml);
    registry.apply({ upserts: objectsOf(secondGatewayPod), removals: [] });
    const { snapshot } = registry;
    expect(configs.find(snapshot, workloadOf(snapshot, 'istio-system/gw-2'))).toBe(config());
  });

  test('a change elsewhere leaves its sets as they are', () => {
    const { registry, config } = gatewayOf(yaml);
    const before = config();
    const route = before.named('route', 'http.8080');
    registry.apply({ upserts: objectsOf(app('z', '10.0.0.8')), removals: [] });
    const after = config();
    expect(after).not.toBe(before);
    expect(after.named('route', 'http.8080')).toBe(route);
    for (const type of ['cluster', 'listener'] as const) expect(after.wildcard(type)).toBe(before.wildcard(type));
  });

  test('follows what its rules look at: the DestinationRule of a destination', () => {
    const { registry, config } = gatewayOf(yaml);
    expect(JSON.stringify(decoded(config().named('route', 'http.8080')))).not.toContain('hash_policy');
    const rule =
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {host: a, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x}}}}';
    registry.apply({ upserts: objectsOf(rule), removals: [] });
    expect(JSON.stringify(decoded(config().named('route', 'http.8080')))).toContain('hash_policy');
    registry.apply({ upserts: [], removals: ['DestinationRule default/a'] });
    expect(JSON.stringify(decoded(config().named('route', 'http.8080')))).not.toContain('hash_policy');
  });

  test('has the rules of delegates, and follows them', () => {
    const root = routes('r', 'hosts: [b.com], gateways: [g], http: [{delegate: {name: d, namespace: team}}]');
    const delegate = (status: number) =>
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: d, namespace: team}\nspec: {http: [{match: [{gateways: [default/g]}], directResponse: {status: ${status}}}]}\n---\n`;
    const { registry, config } = gatewayOf(yaml, root, delegate(418));
    const answer = () => JSON.stringify(decoded(config().named('route', 'http.8080')));
    expect(answer()).toContain('"status":418');
    const before = config();
    registry.apply({
      upserts: objectsOf(routes('other', 'hosts: [c.com], http: [{directResponse: {status: 200}}]')),
      removals: [],
    });
    expect(config().named('route', 'http.8080')).toBe(before.named('route', 'http.8080'));
    registry.apply({ upserts: objectsOf(delegate(419)), removals: [] });
    expect(answer()).toContain('"status":419');
    registry.apply({ upserts: [], removals: ['VirtualService team/d'] });
    expect(answer()).not.toContain('"status":419');
  });

  test('prefers what is near the gateway, where a rule asks for that', () => {
    const rule =
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {host: a, trafficPolicy: {outlierDetection: {}}}\n---\n';
    const placed = (name: string, ip: string, zone: string) => pod(name, ip, '', `, istio-locality: r.${zone}`);
    const { registry, config } = gatewayOf(yaml, rule);
    registry.apply({ upserts: [...placed('a-1', '10.0.0.1', 'z1'), ...placed('a-2', '10.0.0.7', 'z2')], removals: [] });
    const priorities = () => {
      const message: unknown = decoded(config().named('endpoint', cluster));
      const { endpoints } = message as { endpoints: { locality: { zone: string }; priority?: number }[] };
      return Object.fromEntries(endpoints.map(({ locality, priority = 0 }) => [locality.zone, priority]));
    };
    expect(priorities()).toEqual({ z1: 0, z2: 0 });
    registry.apply({
      upserts: objectsOf(gatewayPod.replace('app: gw,', 'app: gw, istio-locality: r.z2,')),
      removals: [],
    });
    expect(priorities()).toEqual({ z1: 1, z2: 0 });
  });

  test('holds the clusters that its routes name, and no others', () => {
    const { config } = gatewayOf(yaml, app('unused', '10.0.0.5'));
    expect([...config().wildcard('cluster').keys()]).toEqual(['BlackHoleCluster', cluster]);
    expect([...config().wildcard('listener').keys()]).toEqual(['0.0.0.0_8080', '0.0.0.0_8443']);
  });

  test('answers names that are gone, else Envoy would wait for them', () => {
    const { config } = gatewayOf(yaml);
    expect(decoded(config().named('route', 'http.1'))).toMatchObject({ name: 'http.1' });
    expect(decoded(config().named('endpoint', 'outbound|1||x'))).toEqual({ cluster_name: 'outbound|1||x' });
  });

  test('is not narrowed by Sidecar resources', () => {
    const sidecar =
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: default, namespace: istio-system}\nspec: {egress: [{hosts: ["./*"]}]}\n---\n';
    expect([...gatewayOf(yaml, sidecar).config().wildcard('cluster').keys()]).toContain(cluster);
  });
});

describe('secrets', () => {
  test('come from the namespace of the gateway, when they are there and as they are', () => {
    const { registry, config } = gatewayOf(yaml);
    expect(config().named('secret', 'kubernetes://one')).toBeUndefined();
    const listeners = config().wildcard('listener');
    registry.apply({ upserts: [secret('one', one)], removals: [] });
    const first = config().named('secret', 'kubernetes://one');
    expect(config().wildcard('listener')).toBe(listeners);
    expect(decoded(first)).toMatchObject({ name: 'kubernetes://one' });
    const inline = Buffer.from(one.privateKeyPem).toString('base64');
    expect(JSON.stringify(decoded(first))).toContain(inline);
    const ca = config().named('secret', 'kubernetes://one-cacert');
    expect(decoded(ca)).toEqual({
      name: 'kubernetes://one-cacert',
      validation_context: { trusted_ca: { inline_bytes: Buffer.from(two.certificatePem).toString('base64') } },
    });
    registry.apply({ upserts: [secret('one', two)], removals: [] });
    expect(config().named('secret', 'kubernetes://one')?.version).not.toBe(first?.version);
    registry.apply({ upserts: [], removals: ['Secret istio-system/one'] });
    expect(config().named('secret', 'kubernetes://one')).toBeUndefined();
  });

  test('of other namespaces, and such as no server names, stay where they are', () => {
    const { registry, config } = gatewayOf(yaml);
    registry.apply({ upserts: [secret('one', one, 'default'), secret('two', two)], removals: [] });
    for (const name of ['one', 'two', 'default/one', 'istio-system/two', '../default/one'])
      expect(config().named('secret', `kubernetes://${name}`)).toBeUndefined();
  });

  test('are for gateways: a sidecar of the same namespace gets none', () => {
    const { registry, configs, config } = gatewayOf(yaml);
    registry.apply({ upserts: [secret('one', one), secret('one', one, 'default')], removals: [] });
    const { snapshot } = registry;
    const configurator = new Configurator(() => ({ sidecars: sidecarConfigs(), gateways: configs }));
    const sidecar = configurator.configure({ snapshot, workload: workloadOf(snapshot, 'default/a-1'), delta: true });
    expect(sidecar).toBeInstanceOf(SidecarConfig);
    for (const name of ['kubernetes://one', 'kubernetes://one-cacert', 'kubernetes://default/one'])
      expect(sidecar.named('secret', name)).toBeUndefined();
    const workload = workloadOf(snapshot, 'istio-system/gw-1');
    const gateway = configurator.configure({ snapshot, workload, delta: true });
    expect(gateway).toBeInstanceOf(GatewayConfig);
    expect(gateway.named('secret', 'kubernetes://one')).toBe(config().named('secret', 'kubernetes://one'));
  });
});

test('a listener of the gateway believes nobody outside', () => {
  const { config } = gatewayOf(yaml);
  const text = JSON.stringify(decoded(config().wildcard('listener').get('0.0.0.0_8443')));
  expect(text).toContain('"use_remote_address":true');
  expect(text).toContain('"forward_client_cert_details":"SANITIZE_SET"');
  expect(text).toContain('"key":"x-outrigger-peer"');
  expect(text).toContain('"require_client_certificate":true');
  // Its certificates do not hold it up for ever.
  expect(text).toContain('"name":"kubernetes://one","sds_config":{"ads":{},"resource_api_version":"V3"}');
});

test('an AuthorizationPolicy that selects the gateway is asked first', () => {
  const policy =
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: istio-system}\nspec: {selector: {matchLabels: {istio: ingressgateway}}, action: DENY, rules: [{from: [{source: {remoteIpBlocks: [1.2.3.4]}}]}]}\n---\n';
  const { config } = gatewayOf(yaml, policy);
  const text = JSON.stringify(decoded(config().wildcard('listener').get('0.0.0.0_8080')));
  expect(text).toContain('ns[istio-system]-policy[p]-rule[0]');
  expect(text.indexOf('extensions.filters.http.rbac.v3.RBAC')).toBeLessThan(text.indexOf('x-outrigger-peer'));
});
