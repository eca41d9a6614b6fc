import { expect, test } from 'vitest';
import { tcpConnectionOf } from './tcp-connection.ts';

test('nothing said is nothing', () => {
  expect(tcpConnectionOf({})).toBeUndefined();
  expect(
    tcpConnectionOf({ connectionPool: { tcp: { maxConnections: 1 } }, loadBalancer: { simple: 'RANDOM' } }),
  ).toBeUndefined();
  expect(tcpConnectionOf({ loadBalancer: { consistentHash: { httpHeaderName: 'x' } } })).toBeUndefined();
});

test('limits, the client, and a tunnel', () => {
  expect(tcpConnectionOf({ connectionPool: { tcp: { idleTimeout: '0s', maxConnectionDuration: '1m' } } })).toEqual({
    ...{ idleTimeoutMs: 0, maxDurationMs: 60_000 },
  });
  // That of HTTP is for HTTP.
  expect(tcpConnectionOf({ connectionPool: { http: { idleTimeout: '1s' } } })).toBeUndefined();
  expect(tcpConnectionOf({ loadBalancer: { consistentHash: { useSourceIp: true } } })).toEqual({ bySourceIp: true });
  expect(tcpConnectionOf({ tunnel: { targetHost: 'a.b', targetPort: 1 } })).toEqual({
    tunnel: { target: 'a.b:1', method: 'CONNECT' },
  });
  expect(tcpConnectionOf({ tunnel: { protocol: 'POST', targetHost: '::1', targetPort: 1 } })).toEqual({
    tunnel: { target: '[::1]:1', method: 'POST' },
  });
});
