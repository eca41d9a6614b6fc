import { expect, test } from 'vitest';
import { brokenByPart, brokenLimit } from './broken-limit.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';
const listener = 'envoy.config.listener.v3.Listener';
const route = 'envoy.config.route.v3.RouteConfiguration';
const anyOf = (type: string, fields: object) => ({ '@type': `type.googleapis.com/${type}`, ...fields });
const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const routesOf = (action: object) => ({
  name: 'r',
  virtual_hosts: [{ name: 'h', domains: ['*'], routes: [{ match: { prefix: '/' }, ...action }] }],
});
const host = 'virtual_hosts[0]';

test.each<[string, string, Record<string, unknown>, string | undefined]>([
  ['a duration of nothing', cluster, { name: 'a', connect_timeout: '0s' }, 'connect_timeout has to be more than 0s'],
  ['the least one', cluster, { name: 'a', connect_timeout: '0.000000001s' }, undefined],
  ['none', cluster, { name: 'a' }, undefined],
  ['no name', cluster, {}, 'name has to not be empty'],
  ['a number that no name has', cluster, { name: 'a', lb_policy: 77 }, 'lb_policy has to be one of'],
  [
    'a list without an item',
    route,
    { name: 'r', virtual_hosts: [{ name: 'h', domains: [] }] },
    `${host}.domains has to have at least 1 items`,
  ],
  ['none of a oneof', route, routesOf({ route: {} }), `${host}.routes[0].route has to have one of cluster, `],
  ['one of it', route, routesOf({ route: { cluster: 'c' } }), undefined],
  [
    'a field of a oneof that breaks its own',
    route,
    routesOf({ route: { cluster: '' } }),
    `${host}.routes[0].route.cluster has to not be empty`,
  ],
  [
    'a line break in a header',
    route,
    { ...routesOf({ route: { cluster: 'c' } }), internal_only_headers: ['a\nb'] },
    'internal_only_headers[0] has to be the name of a header',
  ],
  [
    'in an Any',
    listener,
    { filter_chains: [{ filters: [{ name: 'f', typed_config: anyOf(manager, { stat_prefix: '' }) }] }] },
    'filter_chains[0].filters[0].typed_config has to have one of rds, route_config, scoped_routes',
  ],
  [
    'in an Any of a type that nothing is known of',
    listener,
    { filter_chains: [{ filters: [{ name: 'f', typed_config: anyOf('a.B', { c: 1 }) }] }] },
    undefined,
  ],
])('%s', (_, type, message, expected) => {
  const found = brokenLimit(type, message);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found?.slice(0, expected.length)).toBe(expected);
});

test('of what is merged into a message only that is asked which it sets', () => {
  expect(brokenLimit(route, { virtual_hosts: [{ name: 'h' }] })).toContain('domains');
  expect(brokenByPart(route, { virtual_hosts: [{ name: 'h' }] })).toBeUndefined();
  expect(brokenByPart(cluster, {})).toBeUndefined();
  expect(brokenByPart(cluster, { connect_timeout: '0s' })).toBe('connect_timeout has to be more than 0s');
});
