import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'Sidecar', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(
    ({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path}`,
  );
}

const ingress = (text: string) => `{ingress: [{port: {number: 80, protocol: HTTP, name: a}, ${text}}]}`;

const cases: readonly (readonly [string, ...string[]])[] = [
  ['{egress: [{hosts: [./*, istio-system/*, "*/a.b", "~/*"]}]}'],
  ['{egress: [{hosts: [a.b]}]}', 'OR1657 spec.egress[0].hosts[0]'],
  ['{egress: [{hosts: [./a.*]}]}', 'OR1649 spec.egress[0].hosts[0]'],
  ['{egress: [{hosts: []}]}', 'OR1642 spec.egress[0].hosts'],
  ['{egress: [{}]}', 'OR1642 spec.egress[0].hosts'],
  ['{egress: [{hosts: [./*]}, {hosts: [a/*]}]}', 'OR1652 spec.egress[1]'],
  ['{egress: [{hosts: [./*]}, {port: {number: 80, protocol: HTTP}, hosts: [a/*]}]}', 'OR1655 spec.egress[0]'],
  ['{egress: [{port: {number: 80}, hosts: [./*]}, {port: {number: 80}, hosts: [a/*]}]}', 'OR1652 spec.egress[1].port'],
  ['{egress: [{port: {number: 80}, bind: a, hosts: [./*]}]}', 'OR1650 spec.egress[0].bind'],
  ['{egress: [{bind: unix:///a, captureMode: IPTABLES, hosts: [./*]}]}', 'OR1655 spec.egress[0].captureMode'],
  ['{workloadSelector: {labels: {app: a}}, outboundTrafficPolicy: {mode: REGISTRY_ONLY}}'],
  [
    '{workloadSelector: {matchLabels: {app: a}}}',
    '~OR1643 spec.workloadSelector.matchLabels',
    '~OR1654 spec.workloadSelector',
    'OR1642 spec',
  ],
  ['{}', 'OR1642 spec'],
  ['{outboundTrafficPolicy: {egressProxy: {host: a, port: {number: 1}}}}', 'OR1655 spec.outboundTrafficPolicy.mode'],
  ['{egress: [{port: {protocol: HTTP}, hosts: [./*]}]}', 'OR1646 spec.egress[0].port.number'],
  [ingress('defaultEndpoint: ":8080"')],
  [ingress('tls: {mode: ISTIO_MUTUAL}'), 'OR1655 spec.ingress[0].tls.mode'],
  ['{outboundTrafficPolicy: {mode: DENY}}', 'OR1644 spec.outboundTrafficPolicy.mode'],
  [ingress('defaultEndpoint: "127.0.0.1:8080"')],
  [ingress('defaultEndpoint: "[::1]:8080", captureMode: NONE, bind: 0.0.0.0'), '~OR1655 spec.ingress[0].port.number'],
  ['{egress: [{hosts: [./*], captureMode: NONE, port: {number: 1023}}]}', '~OR1655 spec.egress[0].port.number'],
  ['{egress: [{hosts: [./*], captureMode: NONE, port: {number: 1024}}]}'],
  [ingress('defaultEndpoint: unix:///a')],
  [ingress('defaultEndpoint: "10.0.0.1:8080"'), 'OR1650 spec.ingress[0].defaultEndpoint'],
  [ingress('defaultEndpoint: "127.0.0.1"'), 'OR1650 spec.ingress[0].defaultEndpoint'],
  [ingress('tls: {mode: SIMPLE, credentialName: a}'), 'OR1655 spec.ingress[0].tls.credentialName'],
  ['{ingress: [{}]}', 'OR1642 spec.ingress[0].port'],
  ['{ingress: [{port: {}}]}', 'OR1642 spec.ingress[0].port.number'],
  ['{ingress: [{port: {number: 80}}, {port: {number: 80}}]}', 'OR1652 spec.ingress[1].port.number'],
  ['{inboundConnectionPool: {http: {http1MaxPendingRequests: 1}}}'],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});
