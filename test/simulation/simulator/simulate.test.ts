import { expect, test } from 'vitest';
import type { Call, Verdict } from './call.ts';
import type { Message } from './message.ts';
import { proxyOf, type Resource } from './proxy.ts';
import { simulate } from './simulate.ts';

const typed = (name: string, type: string, config: Message) => ({
  name,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.${type}`, ...config },
});
const manager = (routes: Message) =>
  typed('hcm', 'filters.network.http_connection_manager.v3.HttpConnectionManager', {
    route_config: routes,
    normalize_path: true,
    http_filters: [
      typed('rbac', 'filters.http.rbac.v3.RBAC', {}),
      typed('fault', 'filters.http.fault.v3.HTTPFault', {}),
      typed('router', 'filters.http.router.v3.Router', {}),
    ],
  });
const tcp = (cluster: string) => typed('tcp', 'filters.network.tcp_proxy.v3.TcpProxy', { cluster });
const address = (host: string, port: number) => ({ address: { socket_address: { address: host, port_value: port } } });

const servers = (name: string, metadata: Message = {}): Resource => ({
  type: 'endpoint',
  name,
  message: {
    endpoints: [
      { priority: 1, lb_endpoints: [{ endpoint: address('10.0.9.9', 1) }] },
      { lb_endpoints: [{ endpoint: address('10.0.0.2', 8080), metadata }] },
    ],
  },
});

function worldOf(routes: readonly Message[], more: readonly Resource[] = []) {
  const listener = (name: string, host: string, port: number, chain: Message, rest: Message = {}): Resource => ({
    type: 'listener',
    name,
    message: { name, ...address(host, port), filter_chains: [{ name, filters: [chain] }], ...rest },
  });
  const hosts = { virtual_hosts: [{ domains: ['*'], routes }] };
  return proxyOf([
    listener('virtualOutbound', '0.0.0.0', 15_001, tcp('original'), { use_original_dst: true }),
    listener('web', '0.0.0.0', 80, manager(hosts), { bind_to_port: false }),
    listener('db', '10.96.0.3', 9000, tcp('db'), { bind_to_port: false }),
    { type: 'cluster', name: 'original', message: { name: 'original', type: 'ORIGINAL_DST' } },
    { type: 'cluster', name: 'db', message: { name: 'db', type: 'EDS' } },
    { type: 'cluster', name: 'web', message: { name: 'web', type: 'EDS' } },
    servers('web'),
    ...more,
  ]);
}

const callTo = (host: string, port: number, request: Partial<Exclude<Call['request'], 'bytes'>> = {}): Call => ({
  source: '10.0.0.1',
  destination: { address: host, port },
  request: { version: 'http/1.1', method: 'GET', path: '/a', authority: 'web', headers: [], ...request },
});

const any = { match: { prefix: '/' } };
const toWeb = { ...any, route: { cluster: 'web' } };
const ask = (route: Message, request = {}): readonly Verdict[] =>
  simulate(worldOf([route]), callTo('10.96.0.2', 80, request), 15_001);

test('listeners: the very address, the port of all, the one that was redirected to', () => {
  const of = (host: string, port: number) => simulate(worldOf([toWeb], [servers('db')]), callTo(host, port), 15_001)[0];
  expect(of('10.96.0.3', 9000)).toMatchObject({ listener: 'db', cluster: 'db' });
  expect(of('10.96.0.2', 80)).toMatchObject({ listener: 'web', cluster: 'web' });
  expect(of('1.2.3.4', 99)).toMatchObject({ listener: 'virtualOutbound', endpoints: [{ address: '1.2.3.4:99' }] });
});

test('the locality of the lowest priority', () => {
  expect(ask(toWeb)).toMatchObject([{ endpoints: [{ address: '10.0.0.2:8080' }] }]);
});

test('a cluster without servers is 503 for requests, and the end of connections', () => {
  const empty = { ...any, route: { cluster: 'none' } };
  expect(ask(empty)).toMatchObject([{ kind: 'answered', status: 503 }]);
  expect(simulate(worldOf([]), callTo('10.96.0.3', 9000), 15_001)).toMatchObject([{ kind: 'closed' }]);
});

test('no route is 404', () => {
  expect(ask({ match: { path: '/other' }, route: {} })).toMatchObject([{ status: 404 }]);
});

test('weights: each that is not 0', () => {
  const weights = {
    weighted_clusters: {
      clusters: [
        { name: 'web', weight: 9 },
        { name: 'x', weight: 0 },
      ],
    },
  };
  expect(ask({ ...any, route: weights })).toMatchObject([{ cluster: 'web' }]);
});

test('rewrites of path, host and headers', () => {
  const route = {
    match: { prefix: '/a' },
    route: { cluster: 'web', prefix_rewrite: '/b', host_rewrite_literal: 'other' },
    request_headers_to_add: [{ header: { key: 'X', value: '1' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
    request_headers_to_remove: ['y'],
  };
  const headers = [
    ['x', '0'],
    ['y', '2'],
  ];
  expect(ask(route, { path: '/a/c?d', headers })).toMatchObject([
    { request: { path: '/b/c?d', authority: 'other', headers: [['x', '1']] } },
  ]);
  const regex_rewrite = { pattern: { regex: '/(.)/(.)' }, substitution: String.raw`/\2/\1` };
  expect(ask({ ...any, route: { cluster: 'web', regex_rewrite } }, { path: '/a/c?d' })).toMatchObject([
    { request: { path: '/c/a?d' } },
  ]);
});

test.each<[Message, string, string]>([
  [{ host_redirect: 'b' }, 'a:80', 'http://b/a?q'],
  [{ path_redirect: '/b' }, 'a', 'http://a/b?q'],
  [{ prefix_rewrite: '/b' }, 'a', 'http://a/ba?q'],
  [{ port_redirect: 81 }, 'a', 'http://a:81/a?q'],
  [{ scheme_redirect: 'https' }, 'a:80', 'https://a/a?q'],
])('redirect %j', (redirect, authority, location) => {
  expect(ask({ ...any, redirect }, { authority, path: '/a?q' })).toMatchObject([{ status: 301, location }]);
});

test('direct answers, faults by chance, policies of routes', () => {
  expect(ask({ ...any, direct_response: { status: 418, body: { inline_string: 'tea' } } })).toMatchObject([
    { status: 418, body: 'tea' },
  ]);
  const abort = (numerator: number) => ({
    ...toWeb,
    typed_per_filter_config: { fault: { abort: { http_status: 500, percentage: { numerator } } } },
  });
  expect(ask(abort(100))).toMatchObject([{ status: 500 }]);
  expect(ask(abort(50))).toMatchObject([{ status: 500 }, { cluster: 'web' }]);
  expect(ask(abort(0))).toMatchObject([{ cluster: 'web' }]);
  const rbac = { typed_per_filter_config: { rbac: { rbac: { rules: { action: 'ALLOW' } } } } };
  expect(ask({ ...toWeb, ...rbac })).toMatchObject([{ status: 403 }]);
});

test('the socket of an endpoint follows from its metadata', () => {
  const socket = (type: string, more: Message = {}) => ({
    typed_config: { '@type': `type.googleapis.com/envoy.extensions.transport_sockets.${type}`, ...more },
  });
  const cluster = {
    name: 'web',
    type: 'EDS',
    transport_socket_matches: [
      { match: { tlsMode: 'istio' }, transport_socket: socket('tls.v3.UpstreamTlsContext', { sni: 'name' }) },
      { match: {}, transport_socket: socket('raw_buffer.v3.RawBuffer') },
    ],
  };
  const of = (tlsMode: string) => {
    const metadata = { filter_metadata: { 'envoy.transport_socket_match': { tlsMode } } };
    const more = [{ type: 'cluster', name: 'web', message: cluster }, servers('web', metadata)];
    const [found] = simulate(worldOf([toWeb], more), callTo('10.96.0.2', 80), 15_001);
    return found?.kind === 'forwarded' ? found.endpoints[0]?.tls : 'nothing';
  };
  expect(of('istio')).toEqual({ sni: 'name', alpn: [], certificate: false });
  expect(of('disabled')).toBeUndefined();
});

test('a chain that ends TLS wants TLS, and a certificate where it says so', () => {
  const context = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
    require_client_certificate: true,
  };
  const chain = { name: 'in', filters: [tcp('web')], transport_socket: { typed_config: context } };
  const listener = { name: 'in', ...address('0.0.0.0', 15_006), filter_chains: [chain] };
  const state = worldOf([], [{ type: 'listener', name: 'in', message: listener }]);
  const of = (more: Partial<Call>) => simulate(state, { ...callTo('10.0.0.2', 80), ...more }, 15_006)[0]?.kind;
  expect(of({})).toBe('closed');
  expect(of({ tls: { sni: '', alpn: [] } })).toBe('closed');
  expect(of({ tls: { sni: '', alpn: [], peer: 'spiffe://a' } })).toBe('forwarded');
});

test.each([
  ['VERIFY_TRUST_CHAIN', 'closed'],
  ['ACCEPT_UNTRUSTED', 'forwarded'],
])('a certificate of another name, or none, where the chain says %s: %s', (how, expected) => {
  const context = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
    common_tls_context: {
      validation_context: {
        match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'nobody.test' } }],
        trust_chain_verification: how,
      },
    },
  };
  const chain = { name: 'in', filters: [tcp('web')], transport_socket: { typed_config: context } };
  const listener = { name: 'in', ...address('0.0.0.0', 15_006), filter_chains: [chain] };
  const state = worldOf([], [{ type: 'listener', name: 'in', message: listener }]);
  const call = (peer: object) => ({ ...callTo('10.0.0.2', 80), tls: { sni: '', alpn: [], ...peer } });
  expect(simulate(state, call({ peer: 'spiffe://a' }), 15_006)[0]?.kind).toBe(expected);
  expect(simulate(state, call({}), 15_006)[0]?.kind).toBe(expected);
});
