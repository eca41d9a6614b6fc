import type { Static } from 'typebox';
import { choice, flag, int32, message, whole } from '../build.ts';
import { duration, durationOrZero } from './duration.ts';

const count = (description: string) => int32(description, { minimum: 0 });

const Tcp = message(
  {
    maxConnections: count('Most connections to all endpoints together.'),
    connectTimeout: duration('How long connecting may take.'),
    maxConnectionDuration: duration('How long a connection may live.'),
    idleTimeout: durationOrZero('How long a connection may be still.'),
    tcpKeepalive: message(
      {
        probes: whole('Probes without answer until a connection counts as dead.'),
        time: duration('Stillness before the first probe.'),
        interval: duration('Time between probes.'),
      },
      { description: 'Keep-alive probes.' },
    ),
  },
  { description: 'Limits for TCP.' },
);

const Http = message(
  {
    http1MaxPendingRequests: count('Most requests that wait for a connection.'),
    http2MaxRequests: count('Most requests under way.'),
    maxRequestsPerConnection: count('Requests after which a connection is closed; 0 is without limit.'),
    maxRetries: count('Most retries under way.'),
    idleTimeout: durationOrZero('How long a connection without requests is kept.'),
    h2UpgradePolicy: choice(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'], 'Whether HTTP/1.1 becomes HTTP/2.'),
    useClientProtocol: flag('Use the protocol of the client.'),
    maxConcurrentStreams: count('Most streams of an HTTP/2 connection.'),
    http2KeepAlive: message(
      { interval: duration('Time between pings.'), timeout: duration('How long an answer may take.') },
      { description: 'Pings of HTTP/2.' },
    ),
  },
  {
    description: 'Limits for HTTP.',
    check: (http, report) => {
      if (http.useClientProtocol === true && http.h2UpgradePolicy === 'UPGRADE')
        report({
          at: ['useClientProtocol'],
          code: 'OR1645',
          message: 'it may not be true where h2UpgradePolicy is UPGRADE',
        });
    },
  },
);

export const ConnectionPool = message(
  { tcp: Tcp, http: Http },
  {
    description: 'Limits of connections and requests.',
    check: (pool, report) => {
      if (pool.tcp === undefined && pool.http === undefined)
        report({ code: 'OR1642', message: 'one of tcp and http must be given' });
    },
  },
);

export type ConnectionPool = Static<typeof ConnectionPool>;
