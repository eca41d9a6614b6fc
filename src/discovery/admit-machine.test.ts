import { expect, test } from 'vitest';
import { registryOf } from '../../test/mesh-fixture.ts';
import type { NodeClaims, ProvenPeer } from '../wire/session.ts';
import { admitProxy } from './admit-proxy.ts';

const { snapshot } = registryOf(`
{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: m.one}, spec: {address: 10.9.0.1, serviceAccount: ledger}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, uid: u}, spec: {serviceAccountName: web, containers: [{name: istio-proxy}]}}
`);
const peer = (serviceAccount: string, more: Partial<ProvenPeer> = {}): ProvenPeer => ({
  ...{ namespace: 'default', serviceAccount, pod: undefined, expiresAt: 0 },
  ...more,
});
const node = (name: string, metadata: NodeClaims['metadata'] = {}): NodeClaims => ({
  ...{ id: `sidecar~10.9.0.1~${name}~x`, cluster: '', metadata, userAgent: 'envoy', envoyVersion: '', delta: true },
});

test('a machine is known by its node id and the service account of its token', () => {
  expect(admitProxy(snapshot, peer('ledger'), node('m.one.default')).id).toBe('default/m.one');
});

test.each<readonly [string, ProvenPeer, NodeClaims, string]>([
  ['another account', peer('web'), node('m.one.default'), 'OR2410'],
  ['another namespace in the id', peer('ledger'), node('m.one.other'), 'OR2401'],
  ['an account of that name elsewhere', peer('ledger', { namespace: 'other' }), node('m.one.other'), 'OR2409'],
  ['no such machine', peer('ledger'), node('m.two.default'), 'OR2409'],
  ['the id of a pod', peer('web'), node('web.default'), 'OR2409'],
  ['no name', peer('ledger'), { ...node(''), id: 'x' }, 'OR2409'],
  ['another account in its metadata', peer('ledger'), node('m.one.default', { SERVICE_ACCOUNT: 'web' }), 'OR2401'],
  ['a token of a pod', peer('ledger', { pod: { name: 'm.one', uid: 'u' } }), node('m.one.default'), 'OR2402'],
])('%s is refused', (_, who, claims, code) => {
  expect(() => admitProxy(snapshot, who, claims)).toThrow(expect.objectContaining({ code }));
});
