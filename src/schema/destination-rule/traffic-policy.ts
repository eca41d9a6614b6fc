import type { Static } from 'typebox';
import { choice, listOf, message, port, real, text, whole } from '../build.ts';
import { isAddress } from '../common/address.ts';
import { ConnectionPool } from '../common/connection-pool.ts';
import { PortSelector } from '../common/destination.ts';
import { duration } from '../common/duration.ts';
import { reportTwice } from '../common/findings.ts';
import { checkHostName } from '../common/host-name.ts';
import { type Check, printValue } from '../problem.ts';
import { ClientTls } from './client-tls.ts';
import { LoadBalancer } from './load-balancer.ts';
import { OutlierDetection } from './outlier-detection.ts';

const core = {
  loadBalancer: LoadBalancer,
  connectionPool: ConnectionPool,
  outlierDetection: OutlierDetection,
  tls: ClientTls,
};

const Core = message(core, { description: 'Form' });

const checkFailover: Check<Static<typeof Core>> = (policy, report) => {
  const failover = policy.loadBalancer?.localityLbSetting?.failover ?? [];
  if (failover.length > 0 && policy.outlierDetection === undefined) {
    const at = ['loadBalancer', 'localityLbSetting', 'failover'];
    report({ at, severity: 'warning', code: 'OR1654', message: 'failover needs outlierDetection to notice failures' });
  }
};

const PortPolicy = message(core, {
  description: 'The policy of a port; nothing of the general one holds for it.',
  needs: { port: PortSelector },
  check: (policy, report) => {
    if (Object.keys(policy).length === 1) report({ code: 'OR1642', message: 'one field of the policy must be given' });
    checkFailover(policy, report);
  },
});

const Tunnel = message(
  {
    protocol: text('The method: CONNECT, the default, or POST.', (value, report) => {
      if (!['CONNECT', 'POST'].includes(value))
        report({ code: 'OR1644', message: `${printValue(value)} must be CONNECT or POST` });
    }),
  },
  {
    description: 'Sends TCP through an HTTP proxy.',
    needs: {
      targetHost: text('Where the proxy connects to.', (value, report) => {
        if (!isAddress(value)) checkHostName(value, report);
      }),
      targetPort: port('The port there.'),
    },
  },
);

export const TrafficPolicy = message(
  {
    ...core,
    portLevelSettings: listOf(
      PortPolicy,
      'Policies of single ports, in place of the general one.',
      (settings, report) => {
        const names = settings.map((setting) => String(setting.port.number));
        reportTwice(names, { at: (index) => [index, 'port', 'number'], what: 'port', severity: 'warning', report });
      },
    ),
    tunnel: Tunnel,
    proxyProtocol: message(
      { version: choice(['V1', 'V2'], 'Its version.') },
      { description: 'Tells the client address by the PROXY protocol.' },
    ),
    retryBudget: message(
      {
        percent: real('Most retries, in per cent of the requests under way.', { minimum: 0, maximum: 100 }),
        minRetryConcurrency: whole('Retries that are allowed whatever the share.'),
        interval: duration('Time over which requests are counted.'),
      },
      { description: 'Bounds retries by the number of requests.' },
    ),
  },
  {
    description: 'How connections to the service are made.',
    check: (policy, report) => {
      if (Object.keys(policy).length === 0)
        report({ code: 'OR1642', message: 'one field of the policy must be given' });
      if (policy.tunnel !== undefined && policy.proxyProtocol !== undefined)
        report({ at: ['proxyProtocol'], code: 'OR1645', message: 'only one of tunnel and proxyProtocol may be given' });
      checkFailover(policy, report);
    },
  },
);

export type TrafficPolicy = Static<typeof TrafficPolicy>;
