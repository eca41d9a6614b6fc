import { expect, test } from 'vitest';
import { registryOf } from '../../test/mesh-fixture.ts';
import type { NodeClaims, ProvenPeer } from '../wire/session.ts';
import { registrationOf } from './registration.ts';

const { snapshot } = registryOf(`
{apiVersion: networking.istio.io/v1, kind: WorkloadGroup, metadata: {name: ledger}, spec: {template: {serviceAccount: ledger}}}
---
{apiVersion: networking.istio.io/v1, kind: WorkloadGroup, metadata: {name: plain}, spec: {template: {}}}
---
{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: written}, spec: {address: 10.9.0.1, serviceAccount: ledger}}
---
{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: here, annotations: {istio.io/autoRegistrationGroup: ledger}}, spec: {address: 10.9.0.1, serviceAccount: ledger}}
---
{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: other, annotations: {istio.io/autoRegistrationGroup: plain}}, spec: {address: 10.9.0.1, serviceAccount: default}}
`);
const peer = (serviceAccount = 'ledger', more: Partial<ProvenPeer> = {}): ProvenPeer => ({
  ...{ namespace: 'default', serviceAccount, pod: undefined, expiresAt: 0 },
  ...more,
});
const node = (name: string, group: unknown = 'ledger', address = '10.9.0.1'): NodeClaims => ({
  ...{ id: `sidecar~${address}~${name}~x`, cluster: '', metadata: { AUTO_REGISTER_GROUP: group } },
  ...{ userAgent: 'envoy', envoyVersion: '', delta: true },
});

test.each<readonly [string, ProvenPeer, NodeClaims, object | undefined]>([
  ['a new machine', peer(), node('m.one.default'), { name: 'm.one', address: '10.9.0.1' }],
  ['of the account that is there without a name', peer('default'), node('m.default', 'plain'), { name: 'm' }],
  ['one that was here', peer(), node('here.default'), { name: 'here' }],
  ['IPv6', peer(), node('m.default', 'ledger', 'fd00::1'), { address: 'fd00::1' }],
  ['one whose entry somebody wrote', peer(), node('written.default'), undefined],
  ['one of another group', peer(), node('other.default'), undefined],
  ['a pod', peer('ledger', { pod: { name: 'm', uid: 'u' } }), node('m.default'), undefined],
  ['no group', peer(), node('m.default', ''), undefined],
  ['no text', peer(), node('m.default', 7), undefined],
])('%s', (_, who, claims, expected) => {
  const found = registrationOf(snapshot, who, claims);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(expected);
});

test.each<readonly [string, ProvenPeer, NodeClaims, string]>([
  ['another account', peer('web'), node('m.default'), 'OR2410'],
  ['another account than the one without a name', peer(), node('m.default', 'plain'), 'OR2410'],
  ['no such group', peer(), node('m.default', 'nobody'), 'OR2411'],
  ['a group elsewhere', peer('ledger', { namespace: 'other' }), node('m.other'), 'OR2411'],
  ['no address', peer(), node('m.default', 'ledger', 'host'), 'OR2409'],
  ['another namespace', peer(), node('m.other'), 'OR2409'],
  ['no name of Kubernetes', peer(), node('../m.default'), 'OR2409'],
])('%s is refused', (_, who, claims, code) => {
  expect(() => registrationOf(snapshot, who, claims)).toThrow(expect.objectContaining({ code }));
});
