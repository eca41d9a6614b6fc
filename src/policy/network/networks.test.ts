import { expect, test } from 'vitest';
import { registryOf } from '../../../test/mesh-fixture.ts';
import { Indexes } from '../../ir/build/indexes.ts';
import { defaultMeshSettings } from '../../model/mesh-settings.ts';
import { gatewayNames, networksIn } from './networks.ts';

const gate = (name: string, network: string, ingress: string) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, labels: {topology.istio.io/network: ${network}}}
spec: {ports: [{name: tls, port: 15443}]}
status: {loadBalancer: {ingress: [${ingress}]}}
---`;
const { snapshot } = registryOf(
  gate('one', 'n1', '{hostname: lb.example.com}, {ip: 192.0.2.1}') + gate('two', 'n2', '{hostname: gone.example.com}'),
);
const meshNetworks = { n3: { gateways: [{ address: 'gw.example.com', port: 443 }] } };
const settings = { ...defaultMeshSettings, meshNetworks };

test('other addresses are other networks, and the same ones the same', () => {
  const indexes = new Indexes(settings);
  const found = (address: string) =>
    indexes.networks({ ...snapshot, gatewayAddresses: new Map([['lb.example.com', [address]]]) });
  const first = found('192.0.2.7');
  expect(found('192.0.2.7')).toBe(first);
  expect(found('192.0.2.8')).not.toBe(first);
});

test('gateways by name are known by the addresses of the name', () => {
  expect([...gatewayNames({ ...snapshot, settings })].sort()).toEqual([
    ...['gone.example.com', 'gw.example.com', 'lb.example.com'],
  ]);
  const gatewayAddresses = new Map([
    ['lb.example.com', ['192.0.2.7', '192.0.2.8']],
    ['gw.example.com', ['fd00::9']],
  ]);
  const { gateways } = networksIn({ ...snapshot, settings, gatewayAddresses });
  expect([...gateways]).toEqual([
    ['n1', ['192.0.2.1', '192.0.2.7', '192.0.2.8'].map((address) => ({ address, port: 15443 }))],
    ['n3', [{ address: 'fd00::9', port: 443 }]],
  ]);
});
