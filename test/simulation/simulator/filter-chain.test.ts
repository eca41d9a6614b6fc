import { expect, test } from 'vitest';
import type { Call, ClientHello } from './call.ts';
import { chainOf } from './filter-chain.ts';
import { inspect, nothingSeen } from './listener-filters.ts';
import type { Message } from './message.ts';

/** https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/listener/v3/listener_components.proto, FilterChainMatch. */
const inspectors = ['tls_inspector.v3.TlsInspector', 'http_inspector.v3.HttpInspector'].map((type) => ({
  name: type,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.filters.listener.${type}` },
}));

const callOf = (tls?: ClientHello, request: Call['request'] = 'bytes', address = '10.0.0.1', port = 80): Call => ({
  source: '10.9.9.9',
  destination: { address, port },
  request,
  ...(tls === undefined ? {} : { tls }),
});

const http: Call['request'] = { version: 'http/1.1', method: 'GET', path: '/', authority: 'a', headers: [] };
const hello = (sni: string, ...alpn: string[]): ClientHello => ({ sni, alpn });

function chosen(matches: Record<string, Message>, call: Call, fallback?: string): string | undefined {
  const listener = {
    listener_filters: inspectors,
    filter_chains: Object.entries(matches).map(([name, filter_chain_match]) => ({ name, filter_chain_match })),
    ...(fallback === undefined ? {} : { default_filter_chain: { name: fallback } }),
  };
  return chainOf(listener, call, inspect(listener, call, nothingSeen))?.['name'] as string | undefined;
}

const range = (address_prefix: string, prefix_len: number) => ({ prefix_ranges: [{ address_prefix, prefix_len }] });

test.each([
  ['the port', { port: { destination_port: 80 }, any: {} }, callOf(), 'port'],
  [
    'the port, with no way back',
    { port: { destination_port: 80, transport_protocol: 'tls' }, any: {} },
    callOf(),
    'rest',
  ],
  ['the longest prefix', { wide: range('10.0.0.0', 8), near: range('10.0.0.0', 24) }, callOf(), 'near'],
  ['the port before the prefix', { port: { destination_port: 80 }, prefix: range('10.0.0.1', 32) }, callOf(), 'port'],
  [
    'the exact name',
    { star: { server_names: ['*.a.b'] }, exact: { server_names: ['x.a.b'] } },
    callOf(hello('X.a.b')),
    'exact',
  ],
  [
    'the longest wildcard',
    { short: { server_names: ['*.b'] }, long: { server_names: ['*.a.b'] } },
    callOf(hello('x.a.b')),
    'long',
  ],
  ['no name, no wildcard', { star: { server_names: ['*.a.b'] } }, callOf(hello('a.b')), 'rest'],
  ['TLS', { raw: { transport_protocol: 'raw_buffer' }, tls: { transport_protocol: 'tls' } }, callOf(hello('')), 'tls'],
  [
    'the first protocol of the client',
    { second: { application_protocols: ['h2'] }, first: { application_protocols: ['istio'] } },
    callOf(hello('', 'istio', 'h2')),
    'first',
  ],
  ['HTTP that was seen', { raw: {}, http: { application_protocols: ['http/1.1'] } }, callOf(undefined, http), 'http'],
  ['bytes that are no HTTP', { http: { application_protocols: ['http/1.1', 'h2c'] } }, callOf(), 'rest'],
  [
    'the source last',
    { any: {}, source: { source_prefix_ranges: [{ address_prefix: '10.9.0.0', prefix_len: 16 }] } },
    callOf(),
    'source',
  ],
] as const)('%s', (_, matches, call, wanted) => {
  expect(chosen(matches, call, 'rest')).toBe(wanted);
});

test('without a default chain, nothing', () => {
  expect(chosen({ tls: { transport_protocol: 'tls' } }, callOf())).toBeUndefined();
});

test('a filter that is disabled for a port sees nothing there', () => {
  const [tls] = inspectors;
  const filter_disabled = { or_match: { rules: [{ destination_port_range: { start: 80, end: 81 } }] } };
  const listener = { listener_filters: [{ ...tls, filter_disabled }] };
  expect(inspect(listener, callOf(hello('a')), nothingSeen)).toEqual(nothingSeen);
  expect(inspect(listener, callOf(hello('a'), 'bytes', '10.0.0.1', 81), nothingSeen).transport).toBe('tls');
});
