import { expect, test } from 'vitest';
import { readKubeService } from './kube-service.ts';
import { opaquePorts } from './opaque-ports.ts';

const port = (number: number, name = '') => ({ number, name });

test('ports are named by number, range and name', () => {
  const opaque = opaquePorts('25, 4000-4010,db');
  expect([25, 4000, 4010].every((number) => opaque(port(number)))).toBe(true);
  expect(opaque(port(9000, 'db'))).toBe(true);
  expect([26, 3999, 4011, 0].some((number) => opaque(port(number)))).toBe(false);
});

test('what is no port names none, and an empty name is no name', () => {
  for (const text of ['', ',', 'x', '-', '1-', '99-1', '<b>'])
    expect([opaquePorts(text)(port(80)), opaquePorts(text)(port(99))], text).toEqual([false, false]);
});

test('a Service with the annotation has these ports as TCP, whatever they are called', () => {
  const ports = [
    { port: 80, name: 'http' },
    { port: 90, name: 'http-raw' },
    { port: 53, name: 'dns', protocol: 'UDP' },
  ];
  const annotations = { 'config.linkerd.io/opaque-ports': '90,53' };
  const object = { metadata: { name: 'a', namespace: 'n', annotations }, spec: { clusterIP: '10.0.0.1', ports } };
  const origin = { kind: 'Service', namespace: 'n', name: 'a' };
  const { value } = readKubeService('cluster.local')({ namespace: 'n', name: 'a', object, origin } as never);
  expect(value?.ports.map(({ protocol }) => protocol)).toEqual(['http', 'tcp', 'udp']);
});
