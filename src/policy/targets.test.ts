import { expect, test } from 'vitest';
import { authorizationPolicyFields } from './authorization/fields.ts';
import { isAttached, isTarget, targetFields } from './targets.ts';

const group = 'gateway.networking.k8s.io';
const pod = { 'gateway.networking.k8s.io/gateway-name': 'edge', app: 'edge' };
const gateway = { group, kind: 'Gateway', name: 'edge' };

test('pods of a Gateway are found by their label, by one target or several', () => {
  expect(isTarget({ targetRef: gateway }, pod)).toBe(true);
  expect(isTarget({ targetRefs: [{ ...gateway, name: 'other' }, gateway] }, pod)).toBe(true);
  expect(isTarget({ targetRef: gateway }, { app: 'edge' })).toBe(false);
});

test.each([
  { group: '', kind: 'Gateway', name: 'edge' },
  { group: 'networking.istio.io', kind: 'Gateway', name: 'edge' },
  { group: '', kind: 'Service', name: 'edge' },
  { group, kind: 'GatewayClass', name: 'edge' },
  { group, kind: 'Gateway', name: 'other' },
])('%o is for no pod, and the policy is for no other either', (targetRef) => {
  expect([isAttached({ targetRef }), isTarget({ targetRef }, pod)]).toEqual([true, false]);
});

test('an empty list attaches to nothing', () => {
  expect(isAttached({ targetRefs: [] })).toBe(false);
});

test('a target that is no Gateway is told; whether a Gateway has pods, the analysis of the mesh says', () => {
  const told = authorizationPolicyFields.values.filter(({ path }) => path.endsWith('.kind'));
  expect(told).toHaveLength(targetFields.values.length);
  const toldOf = (kind: string) => told.filter(({ isMeant }) => isMeant(kind, {}, {})).map(({ path }) => path);
  expect(toldOf('Service')).toEqual(['targetRef.kind', 'targetRefs[].kind']);
  expect(toldOf('Gateway')).toEqual([]);
});
