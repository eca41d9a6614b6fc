import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

const problemsOf = (kind: string, spec: string) =>
  validate(
    parse(`{apiVersion: networking.istio.io/v1, kind: ${kind}, metadata: {name: x}, spec: ${spec}}`),
  ).problems.map(({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path}`);

test.each<readonly [string, string, ...string[]]>([
  ['WorkloadEntry', '{address: 10.0.0.1, ports: {http: 80}, labels: {app: a}, weight: 2, locality: r/z}'],
  ['WorkloadEntry', '{network: n}'],
  ['WorkloadEntry', '{}', 'OR1642 spec.address'],
  ['WorkloadEntry', '{address: "a b"}', 'OR1650 spec.address'],
  ['WorkloadEntry', '{address: unix:///a, ports: {http: 80}}', 'OR1645 spec.ports'],
  ['WorkloadGroup', '{metadata: {labels: {app: a}}, template: {serviceAccount: sa, ports: {http: 80}}}'],
  ['WorkloadGroup', '{template: {}, probe: {periodSeconds: 5, httpGet: {path: /ready, port: 80}}}'],
  ['WorkloadGroup', '{}', 'OR1642 spec.template'],
  ['WorkloadGroup', '{template: {address: 10.0.0.1}}', '~OR1655 spec.template.address'],
  ['WorkloadGroup', '{template: {}, probe: {httpGet: {port: 80}, tcpSocket: {port: 80}}}', 'OR1645 spec.probe'],
])('%s %s', (kind, spec, ...expected) => expect(problemsOf(kind, spec)).toEqual(expected));
