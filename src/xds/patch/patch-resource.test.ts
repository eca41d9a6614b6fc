import { describe, expect, test } from 'vitest';
import type { PatchIR } from '../../ir/types/patch.ts';
import type { Message } from '../resource.ts';
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
    ['after nothing is at the end', { operation: 'INSERT_AFTER', value }, ['a b new', 'a b new']],
    ['first, whatever is named', { operation: 'INSERT_FIRST', value, listener: sub('z') }, ['new a b', 'new a b']],
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

  const own = ['jwt_authn', 'outrigger.rbac.deny', 'outrigger.rbac.allow', 'cors', 'router'];
  const full = (names: string[]) => names.map((name) => (/^[a-z_]+$/.test(name) ? `envoy.filters.http.${name}` : name));
  test.each<[PatchIR['filterClass'], string[], string[]]>([
    [undefined, own, [...own.slice(0, 4), 'NEW', 'router']],
    ['STATS', own, [...own.slice(0, 4), 'NEW', 'router']],
    ['AUTHN', own, ['jwt_authn', 'NEW', ...own.slice(1)]],
    [
      'AUTHN',
      ['jwt_authn', 'OLD', 'outrigger.rbac.deny', 'router'],
      ['jwt_authn', 'OLD', 'NEW', 'outrigger.rbac.deny', 'router'],
    ],
    ['AUTHN', ['outrigger.rbac.deny', 'router'], ['NEW', 'outrigger.rbac.deny', 'router']],
    ['AUTHN', ['cors', 'router'], ['cors', 'NEW', 'router']],
    ['AUTHZ', own, [...own.slice(0, 3), 'NEW', 'cors', 'router']],
    ['AUTHZ', ['outrigger.rbac.allow', 'OLD', 'router'], ['outrigger.rbac.allow', 'OLD', 'NEW', 'router']],
    [
      'AUTHZ',
      ['outrigger.rbac.allow', 'ext_authz', 'cors', 'router'],
      ['outrigger.rbac.allow', 'ext_authz', 'NEW', 'cors', 'router'],
    ],
    ['AUTHZ', ['cors', 'router'], ['cors', 'NEW', 'router']],
  ])('added as %s to %s', (filterClass, names, expected) => {
    const added = patch({ operation: 'ADD', value: { name: 'NEW' }, ...(filterClass ? { filterClass } : {}) });
    const found = namesIn(patchResource('listener', listener(...full(names)), added, 'sidecar'));
    expect(found[0]?.split(' ')).toEqual(full(expected));
  });

  test.each<[string[], string[]]>([
    [
      ['cors', 'router'],
      ['cors', 'AUTHN1', 'AUTHN2', 'AUTHZ1', 'AUTHZ2', 'STATS1', 'NONE1', 'router'],
    ],
    [
      ['jwt_authn', 'router'],
      ['jwt_authn', 'AUTHN1', 'AUTHN2', 'AUTHZ1', 'AUTHZ2', 'STATS1', 'NONE1', 'router'],
    ],
    [
      ['outrigger.rbac.deny', 'router'],
      ['AUTHN1', 'AUTHN2', 'outrigger.rbac.deny', 'AUTHZ1', 'AUTHZ2', 'STATS1', 'NONE1', 'router'],
    ],
  ])('several classes are added to %s in the order in which requests meet them', (names, expected) => {
    let message: Message | undefined = listener(...full(names));
    for (const name of ['STATS1', 'AUTHZ1', 'AUTHN1', 'NONE1', 'AUTHZ2', 'AUTHN2']) {
      const filterClass = name.startsWith('NONE') ? undefined : (name.slice(0, 5) as 'AUTHN' | 'AUTHZ' | 'STATS');
      const added = patch({ operation: 'ADD', value: { name }, ...(filterClass ? { filterClass } : {}) });
      message = patchResource('listener', message ?? {}, added, 'sidecar');
    }
    expect(namesIn(message)[0]?.split(' ')).toEqual(full(expected));
  });

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

describe('operations, as Istio has them for each target', () => {
  const chainOf = (name: string) => ({
    name,
    filters: [{ name: 'envoy.filters.network.rbac' }, { name: 'envoy.filters.network.tcp_proxy' }],
  });
  const given = {
    listener: { name: 'l', listener_filters: [{ name: 'tls' }], filter_chains: [chainOf('a'), chainOf('b')] },
    route: { name: '80', virtual_hosts: [{ name: 'h', domains: ['h'], routes: [{ name: 'r' }] }] },
    virtualHost: { name: '80/h:80', domains: ['h'], routes: [{ name: 'r' }] },
    cluster: { name: 'outbound|80||h' },
  } as const;
  const at = (of: PatchIR['listener']): Partial<PatchIR> => ({ listener: of ?? {} });
  const filters = (...names: string[]) => ({
    filter_chains: [chainOf('a'), chainOf('b')].map((chain) => ({
      ...chain,
      filters: names.map((name) => ({ name: name.length > 3 ? `envoy.filters.network.${name}` : name })),
    })),
  });
  test.each<[keyof typeof given, PatchIR['target'], PatchIR['operation'], Partial<PatchIR>, object | undefined]>([
    ['listener', 'LISTENER', 'MERGE', { value: { stat_prefix: 'x' } }, { stat_prefix: 'x' }],
    ['listener', 'LISTENER', 'REMOVE', {}, undefined],
    ['listener', 'LISTENER', 'REPLACE', {}, given.listener],
    ['listener', 'LISTENER_FILTER', 'ADD', {}, { listener_filters: [{ name: 'tls' }, { name: 'new' }] }],
    ['listener', 'LISTENER_FILTER', 'INSERT_FIRST', {}, { listener_filters: [{ name: 'new' }, { name: 'tls' }] }],
    [
      'listener',
      'LISTENER_FILTER',
      'INSERT_BEFORE',
      at({ listenerFilter: 'tls' }),
      { listener_filters: [{ name: 'new' }, { name: 'tls' }] },
    ],
    [
      'listener',
      'LISTENER_FILTER',
      'INSERT_AFTER',
      at({ listenerFilter: 'tls' }),
      { listener_filters: [{ name: 'tls' }, { name: 'new' }] },
    ],
    ['listener', 'LISTENER_FILTER', 'INSERT_AFTER', at({ listenerFilter: 'z' }), given.listener],
    ['listener', 'LISTENER_FILTER', 'REPLACE', at({ listenerFilter: 'tls' }), { listener_filters: [{ name: 'new' }] }],
    ['listener', 'LISTENER_FILTER', 'REMOVE', at({ listenerFilter: 'tls' }), { listener_filters: [] }],
    ['listener', 'LISTENER_FILTER', 'REMOVE', {}, given.listener],
    [
      'listener',
      'FILTER_CHAIN',
      'ADD',
      { value: { name: 'c' } },
      { filter_chains: [...given.listener.filter_chains, { name: 'c' }] },
    ],
    [
      'listener',
      'FILTER_CHAIN',
      'MERGE',
      { value: { metadata: {} }, listener: { filterChain: { name: 'b' } } },
      { filter_chains: [chainOf('a'), { ...chainOf('b'), metadata: {} }] },
    ],
    ['listener', 'FILTER_CHAIN', 'REMOVE', at({ filterChain: { name: 'b' } }), { filter_chains: [chainOf('a')] }],
    ['listener', 'FILTER_CHAIN', 'REPLACE', at({ filterChain: { name: 'b' } }), given.listener],
    ['listener', 'NETWORK_FILTER', 'ADD', {}, filters('rbac', 'new', 'tcp_proxy')],
    ['listener', 'NETWORK_FILTER', 'INSERT_FIRST', {}, filters('new', 'rbac', 'tcp_proxy')],
    ['listener', 'NETWORK_FILTER', 'INSERT_AFTER', {}, filters('rbac', 'new', 'tcp_proxy')],
    [
      'listener',
      'NETWORK_FILTER',
      'REMOVE',
      at({ filterChain: { filter: { name: 'envoy.filters.network.rbac' } } }),
      filters('tcp_proxy'),
    ],
    [
      'listener',
      'NETWORK_FILTER',
      'REPLACE',
      at({ filterChain: { filter: { name: 'envoy.filters.network.rbac' } } }),
      filters('new', 'tcp_proxy'),
    ],
    ['route', 'ROUTE_CONFIGURATION', 'MERGE', { value: { vhds: {} } }, { vhds: {} }],
    ['route', 'ROUTE_CONFIGURATION', 'ADD', {}, given.route],
    ['route', 'ROUTE_CONFIGURATION', 'REMOVE', {}, given.route],
    ['route', 'VIRTUAL_HOST', 'ADD', {}, { virtual_hosts: [...given.route.virtual_hosts, { name: 'new' }] }],
    ['route', 'VIRTUAL_HOST', 'REMOVE', {}, { virtual_hosts: [] }],
    ['route', 'VIRTUAL_HOST', 'REMOVE', { route: { vhost: { name: 'z' } } }, given.route],
    ['route', 'VIRTUAL_HOST', 'REPLACE', { route: { vhost: { name: 'h' } } }, { virtual_hosts: [{ name: 'new' }] }],
    [
      'virtualHost',
      'VIRTUAL_HOST',
      'REPLACE',
      { value: { routes: [], domains: ['x'] } },
      { ...given.virtualHost, routes: [] },
    ],
    ['virtualHost', 'HTTP_ROUTE', 'ADD', {}, { routes: [{ name: 'r' }, { name: 'new' }] }],
    [
      'virtualHost',
      'HTTP_ROUTE',
      'INSERT_FIRST',
      { route: { vhost: { route: { name: 'r' } } } },
      { routes: [{ name: 'new' }, { name: 'r' }] },
    ],
    ['virtualHost', 'HTTP_ROUTE', 'INSERT_FIRST', { route: { vhost: { route: { name: 'z' } } } }, given.virtualHost],
    ['virtualHost', 'HTTP_ROUTE', 'MERGE', { value: { decorator: {} } }, { routes: [{ name: 'r', decorator: {} }] }],
    ['virtualHost', 'HTTP_ROUTE', 'REMOVE', {}, { routes: [] }],
    ['virtualHost', 'HTTP_ROUTE', 'REPLACE', {}, given.virtualHost],
    ['cluster', 'CLUSTER', 'MERGE', { value: { lb_policy: 'RANDOM' } }, { lb_policy: 'RANDOM' }],
    ['cluster', 'CLUSTER', 'REMOVE', {}, undefined],
    ['cluster', 'CLUSTER', 'REPLACE', {}, given.cluster],
  ])('%s: %s %s %o', (type, target, operation, more, expected) => {
    const found = patchResource(
      type,
      given[type],
      patch({ target, operation, value: { name: 'new' }, ...more }),
      'sidecar',
    );
    expect(found).toEqual(expected && { ...given[type], ...expected });
  });
});

test('a cluster to the app by the service that its metadata names', () => {
  const metadata = { filter_metadata: { istio: { services: [{ host: 'a.b' }, { host: 'c.d' }] } } };
  const inbound = { name: 'inbound|8080||', metadata };
  const merge = (service: string) =>
    patchResource(
      'cluster',
      inbound,
      patch({ target: 'CLUSTER', value: { connect_timeout: '1s' }, cluster: { service } }),
      'sidecar',
    ) !== inbound;
  expect(['a.b', 'c.d', 'e.f'].map(merge)).toEqual([true, true, false]);
});

test('chains by some of their protocols', () => {
  const chains = { name: 'x', filter_chains: [{ filter_chain_match: { application_protocols: ['h2', 'http/1.1'] } }] };
  const merge = (applicationProtocols: string) =>
    patchResource(
      'listener',
      chains,
      patch({ target: 'FILTER_CHAIN', value: { name: 'n' }, listener: { filterChain: { applicationProtocols } } }),
      'sidecar',
    ) !== chains;
  expect(['h2', 'http/1.1,h2', 'h2,istio'].map(merge)).toEqual([true, true, false]);
});

test('a field of a patch that is null replaces nothing', () => {
  const cluster = { name: 'outbound|80||a.b', connect_timeout: '1s', transport_socket: { name: 'tls' } };
  const merging = patch({
    target: 'CLUSTER',
    value: { transport_socket: null, connectTimeout: null, alt_stat_name: 'a' },
  });
  expect(patchResource('cluster', cluster, merging, 'sidecar')).toEqual({ ...cluster, alt_stat_name: 'a' });
});
