import { expect, test } from 'vitest';
import { appAddressOf, bindOf, inboundPoolOf, listensItself, withoutTls } from './ingress.ts';

const ips = ['10.0.0.7', 'fd00::7'];
const at = (defaultEndpoint: string | undefined, bound: boolean) =>
  appAddressOf({ port: { number: 80 }, ...(defaultEndpoint === undefined ? {} : { defaultEndpoint }) }, ips, bound);

test.each([
  [undefined, { kind: 'called', port: undefined }],
  ['127.0.0.1:8080', { kind: 'address', address: '127.0.0.1', port: 8080 }],
  ['[::1]:8080', { kind: 'address', address: '::1', port: 8080 }],
  ['0.0.0.0:8080', { kind: 'called', port: 8080 }],
  ['[::]:8080', { kind: 'called', port: 8080 }],
  [':8080', { kind: 'called', port: 8080 }],
  ['unix:///run/app.sock', { kind: 'socket', path: '/run/app.sock' }],
])('captured, %s', (endpoint, expected) => expect(at(endpoint, false)).toEqual(expected));

test.each([
  // The proxy itself is where the client went.
  [undefined, { kind: 'address', address: '127.0.0.1', port: 80 }],
  ['127.0.0.1:8080', { kind: 'address', address: '127.0.0.1', port: 8080 }],
  ['0.0.0.0:8080', { kind: 'address', address: '10.0.0.7', port: 8080 }],
  ['[::]:8080', { kind: 'address', address: 'fd00::7', port: 8080 }],
  ['unix:///run/app.sock', { kind: 'socket', path: '/run/app.sock' }],
])('the proxy listens, %s', (endpoint, expected) => expect(at(endpoint, true)).toEqual(expected));

test('who listens: the capture mode says, or that of the pod', () => {
  expect(listensItself('NONE', 'REDIRECT')).toBe(true);
  expect(listensItself('IPTABLES', 'NONE')).toBe(false);
  expect(listensItself('DEFAULT', 'NONE')).toBe(true);
  expect(listensItself(undefined, undefined)).toBe(false);
});

test('every address is every address of the pod', () => {
  expect([bindOf('0.0.0.0', ips), bindOf('', ips), bindOf('127.0.0.2', ips)]).toEqual([ips, ips, ['127.0.0.2']]);
});

test('the limits of a port win over those for all', () => {
  const all = { tcp: { maxConnections: 1 } };
  const own = { tcp: { maxConnections: 2 } };
  const spec = { ingress: [{ port: { number: 80 }, connectionPool: own }], inboundConnectionPool: all };
  expect([inboundPoolOf(spec, 80), inboundPoolOf(spec, 81), inboundPoolOf(undefined, 80)]).toEqual([
    own,
    all,
    undefined,
  ]);
});

test('what is left when TLS is off', () => {
  expect((['https', 'tls', 'grpc'] as const).map(withoutTls)).toEqual(['http', 'tcp', 'grpc']);
});
