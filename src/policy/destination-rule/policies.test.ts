import { describe, expect, test } from 'vitest';
import { hashPoliciesOf, loadBalancerOf } from './balancing.ts';
import { connectionsOf, limitsOf, upstreamProtocolOf } from './connection-limits.ts';
import { effectivePolicy } from './effective.ts';
import type { MergedRule } from './merge.ts';
import { outlierOf } from './outlier.ts';
import { upstreamTlsOf } from './upstream-tls.ts';

const rule = (fields: Partial<MergedRule>): MergedRule => ({
  ...{ host: 'a', namespace: 'default', name: 'a', exportTo: [], selector: undefined },
  ...{ trafficPolicy: undefined, subsets: [], origins: [], ...fields },
});
const tls = (mode: 'DISABLE' | 'SIMPLE') => ({ tls: { mode } });

/** Istio's `MergeSubsetTrafficPolicy`. */
describe('the policy of a port of a subset', () => {
  test('nothing said is nothing', () => expect(effectivePolicy(undefined, '', 80)).toEqual({}));

  test('settings for the port stand alone', () => {
    const general = rule({
      trafficPolicy: {
        ...tls('SIMPLE'),
        retryBudget: {},
        portLevelSettings: [{ port: { number: 80 }, loadBalancer: { simple: 'RANDOM' } }],
      },
    });
    expect(effectivePolicy(general, '', 80)).toEqual({ loadBalancer: { simple: 'RANDOM' } });
    expect(effectivePolicy(general, '', 81)).toEqual({ ...tls('SIMPLE'), retryBudget: {} });
  });

  test('a subset wins field by field; with settings for the port, in all four', () => {
    const subsets = [
      { name: 'v1', trafficPolicy: { loadBalancer: { simple: 'RANDOM' as const } } },
      { name: 'v2', trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, ...tls('DISABLE') }] } },
    ];
    const both = rule({ trafficPolicy: { ...tls('SIMPLE'), outlierDetection: {}, retryBudget: {} }, subsets });
    expect(effectivePolicy(both, 'v1', 80)).toEqual({
      ...{ ...tls('SIMPLE'), outlierDetection: {}, retryBudget: {}, loadBalancer: { simple: 'RANDOM' } },
    });
    expect(effectivePolicy(both, 'v2', 80)).toEqual({ ...tls('DISABLE'), retryBudget: {} });
    expect(effectivePolicy(both, 'v2', 81)).toEqual({ ...tls('SIMPLE'), outlierDetection: {}, retryBudget: {} });
  });
});

test('consecutiveErrors of old counts gateway errors and nothing else', () => {
  expect(outlierOf({ consecutiveErrors: 5 })).toMatchObject({ consecutive5xx: 0, consecutiveGateway: 5 });
  expect(outlierOf({ consecutive5xxErrors: 5 })).not.toHaveProperty('consecutiveGateway');
  expect(outlierOf({ consecutiveErrors: 5, consecutive5xxErrors: 7 })).toMatchObject({
    consecutive5xx: 7,
    consecutiveGateway: 5,
  });
  expect(outlierOf({})).toEqual({ splitLocal: false, minHealthPercent: 0 });
  expect(outlierOf(undefined)).toBeUndefined();
});

test('limits of zero are none', () => {
  const pool = { tcp: { maxConnections: 0 }, http: { http1MaxPendingRequests: 10, maxRequestsPerConnection: 0 } };
  expect(limitsOf({ connectionPool: pool })).toEqual({ pending: 10 });
  expect(connectionsOf(pool)).toEqual({});
  expect(connectionsOf({ tcp: { idleTimeout: '1s' }, http: { idleTimeout: '2s' } })).toEqual({ idleTimeoutMs: 2000 });
});

test('budgets of retries, pings, and statuses that are errors', () => {
  expect(limitsOf({ retryBudget: { interval: '5s' } }).retryBudget).toEqual({
    ...{ percent: 20, minConcurrency: 3, intervalMs: 5000 },
  });
  expect(limitsOf({ retryBudget: { percent: 1 } }).retryBudget).toEqual({ percent: 1, minConcurrency: 3 });
  expect(connectionsOf({ http: { http2KeepAlive: { interval: '30s' } } })).toEqual({
    pings: { intervalMs: 30_000, timeoutMs: 20_000 },
  });
  expect(outlierOf({ outlierDetectionHttpErrorCodes: [429] })).toMatchObject({ errorCodes: [429] });
  expect(outlierOf({ outlierDetectionHttpErrorCodes: [] })).not.toHaveProperty('errorCodes');
});

test.each([
  ['http', {}, 'DO_NOT_UPGRADE', 'http'],
  ['http', { h2UpgradePolicy: 'UPGRADE' }, 'DO_NOT_UPGRADE', 'http2'],
  ['http', {}, 'UPGRADE', 'http2'],
  ['http', { h2UpgradePolicy: 'DO_NOT_UPGRADE' }, 'UPGRADE', 'http'],
  ['auto', {}, 'UPGRADE', 'same'],
  ['auto', { h2UpgradePolicy: 'UPGRADE' }, 'DO_NOT_UPGRADE', 'http2'],
  ['http', { useClientProtocol: true }, 'UPGRADE', 'same'],
  ['grpc', { useClientProtocol: true }, 'DO_NOT_UPGRADE', 'http2'],
  ['tcp', { h2UpgradePolicy: 'UPGRADE' }, 'UPGRADE', 'tcp'],
] as const)('%s with %o in a mesh that says %s speaks %s', (protocol, http, mesh, expected) => {
  expect(upstreamProtocolOf(protocol, { http }, mesh)).toBe(expected);
});

test('load balancers and what they hash', () => {
  expect(loadBalancerOf(undefined)).toEqual({ kind: 'least-request' });
  expect(loadBalancerOf({ simple: 'PASSTHROUGH' })).toBe('original');
  expect(loadBalancerOf({ consistentHash: { useSourceIp: true } })).toEqual({
    kind: 'ring-hash',
    minimumRingSize: 1024,
  });
  expect(loadBalancerOf({ consistentHash: { maglev: {} } })).toEqual({ kind: 'maglev' });
  expect(
    hashPoliciesOf({ consistentHash: { httpCookie: { name: 'c', ttl: '0s', attributes: [{ name: 'Secure' }] } } }),
  ).toEqual([{ kind: 'cookie', name: 'c', path: '', attributes: [{ name: 'Secure', value: '' }], ttlMs: 0 }]);
  expect(hashPoliciesOf({ simple: 'RANDOM' })).toEqual([]);
});

test('TLS: as the rule says, else by itself where the other side can', () => {
  const mesh = { sni: 's', sans: ['spiffe://x'], auto: true, selecting: false };
  expect(upstreamTlsOf(undefined, mesh)).toEqual({ kind: 'auto', sni: 's', sans: ['spiffe://x'] });
  expect(upstreamTlsOf(undefined, { ...mesh, auto: false })).toEqual({ kind: 'none' });
  expect(upstreamTlsOf({ mode: 'DISABLE' }, mesh)).toEqual({ kind: 'none' });
  expect(upstreamTlsOf({ mode: 'ISTIO_MUTUAL', sni: 'o' }, mesh)).toEqual({
    kind: 'mesh',
    sni: 'o',
    sans: ['spiffe://x'],
  });
  expect(upstreamTlsOf({ mode: 'SIMPLE' }, mesh)).toMatchObject({ kind: 'given', caFile: 'system', sni: '' });
  const revoked = { mode: 'SIMPLE' as const, caCrl: '/crl.pem' };
  expect(upstreamTlsOf(revoked, mesh)).toMatchObject({ caFile: 'system', crlFile: '/crl.pem' });
  expect(upstreamTlsOf({ ...revoked, insecureSkipVerify: true }, mesh)).toMatchObject({ caFile: '', crlFile: '' });
});
