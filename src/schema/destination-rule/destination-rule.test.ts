import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

/** `OR1652 spec.subsets[1].name`, warnings with a `~` in front. */
function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'networking.istio.io/v1beta1', kind: 'DestinationRule', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(
    ({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path}`,
  );
}

const policy = (text: string) => `{host: a, trafficPolicy: {${text}}}`;
const lb = (text: string) => policy(`loadBalancer: {${text}}`);
const at = 'spec.trafficPolicy';

const cases: readonly (readonly [string, ...string[]])[] = [
  ['{host: "*.local"}'],
  ['{}', 'OR1642 spec.host'],
  ['{host: "a/b"}', 'OR1649 spec.host'],
  ['{host: a, subsets: [{name: v1, labels: {version: v1}}, {name: v2}, {name: v1}]}', 'OR1652 spec.subsets[2].name'],
  ['{host: a, subsets: [{labels: {version: v1}}]}', 'OR1642 spec.subsets[0].name'],
  ['{host: a, subsets: [{name: "v 1"}]}', 'OR1657 spec.subsets[0].name'],
  ['{host: a, subsets: [{name: v1, labels: {version: 1}}]}', 'OR1641 spec.subsets[0].labels.version'],
  ['{host: a, subset: [{name: v1}]}', '~OR1643 spec.subset'],
  [policy(''), 'OR1642 spec.trafficPolicy'],
  [lb('simple: LEAST_CONN'), `~OR1653 ${at}.loadBalancer.simple`],
  [lb('simple: ROUNDROBIN'), `OR1644 ${at}.loadBalancer.simple`],
  [lb('simple: RANDOM, consistentHash: {useSourceIp: true}'), `OR1645 ${at}.loadBalancer`],
  [lb('consistentHash: {httpHeaderName: a, httpCookie: {name: b}}'), `OR1645 ${at}.loadBalancer.consistentHash`],
  [lb('consistentHash: {httpCookie: {ttl: 0s}}'), `OR1642 ${at}.loadBalancer.consistentHash.httpCookie.name`],
  [lb('consistentHash: {ringHash: {}}'), `~OR1654 ${at}.loadBalancer.consistentHash`],
  [lb('consistentHash: {useSourceIp: true, maglev: {tableSize: 65537}}')],
  [
    lb('consistentHash: {useSourceIp: true, maglev: {tableSize: 65536}}'),
    `OR1646 ${at}.loadBalancer.consistentHash.maglev.tableSize`,
  ],
  [
    lb('consistentHash: {useSourceIp: true, minimumRingSize: 9}'),
    `~OR1653 ${at}.loadBalancer.consistentHash.minimumRingSize`,
  ],
  [lb('warmupDurationSecs: 30s'), `~OR1653 ${at}.loadBalancer.warmupDurationSecs`],
  [lb('warmup: {aggression: 2.5}'), `OR1642 ${at}.loadBalancer.warmup.duration`],
  [lb('localityLbSetting: {distribute: [{from: r/z/*, to: {r/z/*: 80, q/*: 20}}]}')],
  [
    lb('localityLbSetting: {distribute: [{from: r, to: {r: 80}}]}'),
    `OR1651 ${at}.loadBalancer.localityLbSetting.distribute[0].to`,
  ],
  [
    lb('localityLbSetting: {distribute: [{from: r/*/z, to: {r: 100}}]}'),
    `OR1657 ${at}.loadBalancer.localityLbSetting.distribute[0].from`,
  ],
  [
    policy('loadBalancer: {localityLbSetting: {failover: [{from: a, to: a}]}}, outlierDetection: {}'),
    `OR1655 ${at}.loadBalancer.localityLbSetting.failover[0].to`,
  ],
  [lb('localityLbSetting: {failover: [{from: a, to: b}]}'), `~OR1654 ${at}.loadBalancer.localityLbSetting.failover`],
  [lb('localityLbSetting: {distribute: [{from: r, to: {r: 100}}], failoverPriority: [a]}')],
  [
    policy(
      'loadBalancer: {localityLbSetting: {distribute: [{from: r, to: {r: 100}}], failover: [{from: a, to: b}]}}, outlierDetection: {}',
    ),
    `OR1645 ${at}.loadBalancer.localityLbSetting`,
  ],
  [
    policy(
      'loadBalancer: {localityLbSetting: {failover: [{from: a, to: b}], failoverPriority: [topology.kubernetes.io/zone]}}, outlierDetection: {}',
    ),
    `OR1645 ${at}.loadBalancer.localityLbSetting.failoverPriority[0]`,
  ],
  ['{host: a, workloadSelector: {matchLabels: {app: a}}, exportTo: ["*"]}', 'OR1655 spec.exportTo'],
  ['{host: a, exportTo: ["~"]}', 'OR1657 spec.exportTo[0]'],
  [policy('tunnel: {targetHost: a, targetPort: 1}, proxyProtocol: {version: V1}'), `OR1645 ${at}.proxyProtocol`],
  [lb('zoneAwareLbSetting: {enabled: true, minClusterSize: 3, failoverPriority: [a]}')],
  [
    policy('outlierDetection: {outlierDetectionHttpErrorCodes: [429, 600]}'),
    `OR1646 ${at}.outlierDetection.outlierDetectionHttpErrorCodes[1]`,
  ],
  [policy('connectionPool: {}'), `OR1642 ${at}.connectionPool`],
  [policy('connectionPool: {tcp: {maxConnections: -1}}'), `OR1646 ${at}.connectionPool.tcp.maxConnections`],
  [policy('connectionPool: {tcp: {maxConnections: 1.5}}'), `OR1641 ${at}.connectionPool.tcp.maxConnections`],
  [policy('connectionPool: {tcp: {connectTimeout: 1us}}'), `OR1647 ${at}.connectionPool.tcp.connectTimeout`],
  [
    policy('connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}}'),
    `OR1645 ${at}.connectionPool.http.useClientProtocol`,
  ],
  [policy('outlierDetection: {consecutiveErrors: 5}'), `~OR1653 ${at}.outlierDetection.consecutiveErrors`],
  [policy('outlierDetection: {maxEjectionPercent: 101}'), `OR1646 ${at}.outlierDetection.maxEjectionPercent`],
  [policy('outlierDetection: {interval: 30}'), `OR1641 ${at}.outlierDetection.interval`],
  [
    policy('outlierDetection: {consecutiveLocalOriginFailures: 5}'),
    `OR1655 ${at}.outlierDetection.consecutiveLocalOriginFailures`,
  ],
  [policy('tls: {mode: SIMPLE, sni: a}')],
  [policy('tls: {}')],
  [policy('tls: {mode: MUTUAL}'), `OR1642 ${at}.tls.clientCertificate`, `OR1642 ${at}.tls.privateKey`],
  [policy('tls: {mode: MUTUAL, credentialName: a, privateKey: b}'), `OR1645 ${at}.tls.privateKey`],
  [policy('tls: {mode: SIMPLE, credentialName: a, caCertificates: b}'), `OR1645 ${at}.tls.caCertificates`],
  [policy('tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a]}'), `OR1645 ${at}.tls.subjectAltNames`],
  [policy('tls: {mode: ISTIO_MUTUAL, privateKey: b}'), `~OR1653 ${at}.tls.privateKey`],
  [policy('portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]')],
  [
    policy(
      'portLevelSettings: [{port: {number: 80}, outlierDetection: {}}, {port: {number: 80}, tls: {mode: DISABLE}}]',
    ),
    `~OR1652 ${at}.portLevelSettings[1].port.number`,
  ],
  [policy('portLevelSettings: [{port: {number: 80}}]'), `OR1642 ${at}.portLevelSettings[0]`],
  [policy('portLevelSettings: [{port: {}}]'), `OR1642 ${at}.portLevelSettings[0].port.number`],
  [policy('tunnel: {targetHost: a}'), `OR1642 ${at}.tunnel.targetPort`],
  [policy('proxyProtocol: {version: V2}, retryBudget: {percent: 20, minRetryConcurrency: 3}')],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});

test('a rule for some clients is for those of its own namespace', () => {
  const found = (exportTo: string, selector = 'workloadSelector: {matchLabels: {app: a}}, ') =>
    validate({
      ...{ apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata: { name: 'x', namespace: 'shop' } },
      spec: parse(`{host: a, ${selector}exportTo: [${exportTo}]}`),
    }).problems.map(({ code, path, value }) => `${code} ${path} ${value}`);
  expect([found('.'), found('shop'), found(''), found('stock', '')]).toEqual([[], [], [], []]);
  expect(found('stock')).toEqual(['OR1655 spec.exportTo[0] stock']);
});
