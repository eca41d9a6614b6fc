import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(
    ({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path}`,
  );
}

const ports = 'ports: [{number: 443, name: https, protocol: TLS}]';
const entry = (text: string) => `{hosts: [a.b], ${ports}, ${text}}`;

const cases: readonly (readonly [string, ...string[]])[] = [
  [entry('location: MESH_EXTERNAL, resolution: DNS')],
  [entry('')],
  ['{}', 'OR1642 spec.hosts'],
  [`{hosts: [], ${ports}}`, 'OR1642 spec.hosts'],
  [`{hosts: ["*"], ${ports}}`, 'OR1649 spec.hosts[0]'],
  [`{hosts: [a, a], ${ports}}`, 'OR1652 spec.hosts[1]'],
  ['{hosts: [a.b]}', '~OR1654 spec.ports'],
  ['{hosts: [a.b, "*-c.b"], ports: [{number: 1, name: a, protocol: TLS}]}', '~OR1653 spec.hosts[1]'],
  ['{hosts: ["*-c.b"], ports: [{number: 1, name: a, protocol: HTTP}]}'],
  ['{hosts: [a.b], ports: [{number: 1, name: a}, {number: 1, name: b}]}', 'OR1652 spec.ports[1].number'],
  ['{hosts: [a.b], ports: [{number: 1, name: a}, {number: 2, name: a}]}', 'OR1652 spec.ports[1].name'],
  ['{hosts: [a.b], ports: [{number: 1}]}', 'OR1642 spec.ports[0].name'],
  [entry('addresses: [10.0.0.0/8, "2001:db8::1"]')],
  [entry('addresses: [10.0.0.256]'), 'OR1650 spec.addresses[0]'],
  [entry('resolution: DNS, addresses: [10.0.0.0/8]'), 'OR1655 spec.addresses'],
  [entry('resolution: STATIC'), '~OR1654 spec.endpoints'],
  [entry('workloadSelector: {labels: {app: a}}'), '~OR1655 spec.workloadSelector'],
  ['{hosts: [a, b], ports: [{number: 1, name: a, protocol: TCP}], resolution: DNS}', 'OR1655 spec.ports[0]'],
  ['{hosts: [a, b], ports: [{number: 1, name: a, protocol: TCP}]}'],
  [entry('exportTo: ["~", a]'), 'OR1645 spec.exportTo'],
  [entry('resolution: STATIC, workloadSelector: {labels: {app: a}}')],
  [entry('resolution: STATIC, endpoints: [{address: 10.0.0.1, ports: {https: 8443}, labels: {a: b}, weight: 2}]')],
  [entry('resolution: STATIC, endpoints: [{address: unix:///var/a}]')],
  [entry('resolution: STATIC, endpoints: [{address: a.b}]'), 'OR1655 spec.endpoints[0].address'],
  [entry('resolution: STATIC, endpoints: [{}]'), 'OR1642 spec.endpoints[0].address'],
  [
    entry('resolution: STATIC, endpoints: [{address: 10.0.0.1, ports: {http: 80}}]'),
    'OR1655 spec.endpoints[0].ports.http',
  ],
  [entry('resolution: STATIC, endpoints: [{address: 10.0.0.1}], workloadSelector: {labels: {a: b}}'), 'OR1645 spec'],
  [entry('endpoints: [{address: 10.0.0.1}]'), 'OR1655 spec.endpoints'],
  [entry('resolution: DNS, endpoints: [{address: a.b}, {address: 10.0.0.1}]')],
  [entry('resolution: DNS, endpoints: [{address: "a b"}]'), 'OR1650 spec.endpoints[0].address'],
  [entry('resolution: DNS, endpoints: [{address: unix:///a}]'), 'OR1655 spec.endpoints[0].address'],
  [entry('resolution: DNS_ROUND_ROBIN, endpoints: [{address: a.b}, {address: c}]'), 'OR1655 spec.endpoints'],
  [`{hosts: ["*.b"], ${ports}, resolution: DNS}`, 'OR1655 spec.hosts[0]'],
  [`{hosts: ["*.b"], ${ports}, resolution: DYNAMIC_DNS}`],
  [entry('resolution: DYNAMIC_DNS'), 'OR1655 spec.hosts[0]'],
  [entry('resolution: dns'), 'OR1644 spec.resolution'],
  [entry('exportTo: ["~"]')],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});
