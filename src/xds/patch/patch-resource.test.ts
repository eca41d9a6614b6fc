import { describe, expect, test } from 'vitest';
import type { PatchIR } from '../../ir/types/patch.ts';
import { lacksConfiguration } from './filter-configuration.ts';
import { patchResource } from './patch-resource.ts';

const origin = { kind: 'EnvoyFilter', namespace: 'x', name: 'f' };
const patch = (more: Partial<PatchIR>): PatchIR => ({
  ...{ target: 'HTTP_FILTER', operation: 'MERGE', value: {}, context: 'ANY', origin },
  ...more,
});
const manager = (...names: string[]) => ({
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: { http_filters: names.map((name) => ({ name })) },
});
const chain = (port: number, ...names: string[]) => ({
  ...{ name: `c-${port}`, filter_chain_match: { destination_port: port } },
  filters: [manager(...names)],
});
const listener = (...names: string[]) => ({
  ...{ name: 'virtualOutbound', traffic_direction: 'OUTBOUND' },
  filter_chains: [chain(80, ...names), chain(81, ...names)],
});
const sub = (name: string) => ({ filterChain: { filter: { subFilter: { name } } } });
const namesIn = (message: unknown) =>
  (
    message as { filter_chains: { filters: { typed_config: { http_filters: { name: string }[] } }[] }[] }
  ).filter_chains.map(({ filters }) => filters[0]?.typed_config.http_filters.map(({ name }) => name).join(' '));

test.each<[string, NonNullable<PatchIR['route']>, boolean]>([
  ['https.443.web.gw.ns', { portName: 'web', gateway: 'ns/gw' }, true],
  ['https.443.web.my.gw.ns', { gateway: 'ns/my.gw' }, true],
  ['https.443.web.gw.ns.10.0.0.1', { gateway: 'ns/gw' }, true],
  ['https.443.web.gw.ns.fd00::1', { gateway: 'ns/gw' }, true],
  ['https.443.web.gw.ns', { gateway: 'other/gw' }, false],
  ['https.443.web.gw.ns', { portName: 'other' }, false],
  ['http.80', { gateway: 'ns/gw' }, false],
  ['http.80', { portNumber: 80 }, true],
])('routes of a gateway: %s by %o: %s', (name, route, expected) => {
  const routes = { name, virtual_hosts: [] };
  const value = { request_headers_to_remove: ['x'] };
  const changed = patchResource('route', routes, patch({ target: 'ROUTE_CONFIGURATION', value, route }), 'gateway');
  expect(changed !== routes).toBe(expected);
});

test.each<[Partial<PatchIR>, boolean]>([
  [{ operation: 'INSERT_BEFORE', value: { name: 'x' } }, true],
  [{ operation: 'REPLACE', target: 'NETWORK_FILTER', value: {} }, true],
  [{ operation: 'ADD', target: 'LISTENER_FILTER', value: { name: 'x', disabled: true } }, true],
  [{ operation: 'ADD', value: { name: 'x', typedConfig: {} } }, false],
  [{ operation: 'ADD', value: { name: 'x', config_discovery: {} } }, false],
  [{ operation: 'ADD', value: { name: 'x', is_optional: true } }, false],
  [{ operation: 'MERGE', value: { name: 'x' } }, false],
  [{ operation: 'REMOVE', value: {} }, false],
  [{ operation: 'ADD', target: 'CLUSTER', value: { name: 'x' } }, false],
])('a filter without its configuration: %o: %s', (more, expected) =>
  expect(lacksConfiguration(patch(more))).toBe(expected),
);

describe('filters of requests', () => {
  const value = { name: 'new' };
  test.each<[string, Partial<PatchIR>, string[]]>([
    ['before', { operation: 'INSERT_BEFORE', value, listener: sub('b') }, ['a new b', 'a new b']],
    ['after', { operation: 'INSERT_AFTER', value, listener: sub('a') }, ['a new b', 'a new b']],
    ['first', { operation: 'INSERT_FIRST', value }, ['new a b', 'new a b']],
    ['before nothing is first', { operation: 'INSERT_BEFORE', value }, ['new a b', 'new a b']],
    ['at the end', { operation: 'ADD', value }, ['a b new', 'a b new']],
    ['beside what is not there', { operation: 'INSERT_BEFORE', value, listener: sub('c') }, ['a b', 'a b']],
    ['in place of', { operation: 'REPLACE', value, listener: sub('b') }, ['a new', 'a new']],
    ['gone', { operation: 'REMOVE', listener: sub('b') }, ['a', 'a']],
    ['nothing named, nothing gone', { operation: 'REMOVE' }, ['a b', 'a b']],
    ['one port of the one listener', { operation: 'REMOVE', listener: { portNumber: 81, ...sub('b') } }, ['a b', 'a']],
    ['another listener', { operation: 'INSERT_FIRST', value, listener: { name: '0.0.0.0_80' } }, ['a b', 'a b']],
    ['another direction', { operation: 'INSERT_FIRST', value, context: 'SIDECAR_INBOUND' }, ['a b', 'a b']],
  ])('%s', (_, more, expected) =>
    expect(namesIn(patchResource('listener', listener('a', 'b'), patch(more), 'sidecar'))).toEqual(expected),
  );

  test('what brings the host stays first', () => {
    const found = patchResource(
      'listener',
      listener('envoy.filters.http.on_demand'),
      patch({ operation: 'INSERT_FIRST', value }),
      'sidecar',
    );
    expect(namesIn(found)).toEqual(Array(2).fill('envoy.filters.http.on_demand new'));
  });

  test('what fits nothing leaves the same object', () => {
    const known = listener('a');
    expect(patchResource('listener', known, patch({ operation: 'REMOVE', listener: sub('z') }), 'sidecar')).toBe(known);
    expect(
      patchResource(
        'listener',
        known,
        patch({ target: 'LISTENER', operation: 'REMOVE', context: 'GATEWAY' }),
        'sidecar',
      ),
    ).toBe(known);
    expect(
      patchResource('listener', known, patch({ target: 'LISTENER', operation: 'REMOVE' }), 'gateway'),
    ).toBeUndefined();
  });
});

test('clusters by the parts of their name, also where they are asked for by address', () => {
  const merge = (cluster: PatchIR['cluster'], name: string, more = {}) =>
    patchResource(
      'cluster',
      { name, ...more },
      patch({ target: 'CLUSTER', value: { connectTimeout: '1s' }, ...(cluster === undefined ? {} : { cluster }) }),
      'sidecar',
    );
  expect(merge({ service: 'a.b', portNumber: 80, subset: 'v1' }, 'outbound|80|v1|a.b')).toEqual({
    name: 'outbound|80|v1|a.b',
    connect_timeout: '1s',
  });
  expect(merge({ subset: 'v2' }, 'outbound|80|v1|a.b')).toEqual({ name: 'outbound|80|v1|a.b' });
  const vip = { alt_stat_name: 'outbound|80||a.b;' };
  expect(merge({ service: 'a.b' }, 'vip|1.2.3.4:80', vip)).toMatchObject({
    name: 'vip|1.2.3.4:80',
    connect_timeout: '1s',
  });
});

test('a virtual host that comes by itself keeps its name, and serves nothing when it is removed', () => {
  const host = { name: '80/a.b:80', domains: ['*'], routes: [{ name: 'r', route: {} }] };
  const route = { vhost: { name: 'a.b:80' } };
  const removed = patchResource(
    'virtualHost',
    host,
    patch({ target: 'VIRTUAL_HOST', operation: 'REMOVE', route }),
    'sidecar',
  );
  expect(removed).toEqual({ ...host, routes: [] });
  const added = patch({ target: 'HTTP_ROUTE', operation: 'INSERT_FIRST', value: { name: 'new' }, route });
  expect(patchResource('virtualHost', host, added, 'sidecar')).toMatchObject({
    routes: [{ name: 'new' }, { name: 'r' }],
  });
});
