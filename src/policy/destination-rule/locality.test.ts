import { expect, test } from 'vitest';
import type { LocalityIR } from '../../ir/types/cluster.ts';
import { type LocalityContext, localityOf } from './locality.ts';

const context = (fields: Partial<LocalityContext> = {}): LocalityContext => ({
  ...{ outlier: false, distribution: undefined, mesh: { enabled: true }, meshZones: { enabled: false }, ...fields },
});
const near: LocalityIR = { kind: 'order', labels: [], regions: [], byDistance: true };
const shares = [{ from: 'a', to: { b: 100 } }];

test('by default near ones are preferred where failures are noticed, as in Istio', () => {
  expect(localityOf(undefined, context())).toBeUndefined();
  expect(localityOf(undefined, context({ outlier: true }))).toEqual(near);
  expect(localityOf(undefined, context({ outlier: true, mesh: { enabled: false } }))).toBeUndefined();
});

test('the rule counts before the Service, the Service before the mesh', () => {
  const off = { localityLbSetting: { enabled: false } };
  expect(localityOf(off, context({ outlier: true, distribution: 'zone' }))).toBeUndefined();
  const mesh = { enabled: true, distribute: shares };
  expect(localityOf(undefined, context({ mesh }))).toEqual({ kind: 'shares', shares });
  expect(localityOf({ localityLbSetting: {} }, context({ mesh, outlier: true }))).toEqual(near);
  expect(localityOf(undefined, context({ distribution: 'zone', mesh }))).toMatchObject({
    labels: [
      { name: 'topology.istio.io/network' },
      { name: 'topology.kubernetes.io/region' },
      { name: 'topology.kubernetes.io/zone' },
    ],
    byDistance: false,
  });
  expect(localityOf(undefined, context({ distribution: 'node' }))).toMatchObject({ byDistance: false });
});

test('shares need no notice of failures, an order does', () => {
  expect(localityOf({ localityLbSetting: { distribute: shares } }, context())).toEqual({ kind: 'shares', shares });
  const failover = { localityLbSetting: { failover: [{ from: 'a', to: 'b' }], failoverPriority: ['x', 'y=1'] } };
  expect(localityOf(failover, context())).toBeUndefined();
  expect(localityOf(failover, context({ outlier: true }))).toEqual({
    kind: 'order',
    labels: [{ name: 'x' }, { name: 'y', value: '1' }],
    regions: [{ from: 'a', to: 'b' }],
    byDistance: true,
  });
});

test('zones count before localities, and need no notice of failures', () => {
  const setting = { minClusterSize: 3, failover: [{ from: 'a', to: 'b' }], failoverPriority: ['x=1'] };
  const zones = { kind: 'zones', minSize: 3, labels: [{ name: 'x', value: '1' }], regions: [{ from: 'a', to: 'b' }] };
  expect(localityOf({ zoneAwareLbSetting: setting, localityLbSetting: {} }, context())).toEqual(zones);
  expect(localityOf({ zoneAwareLbSetting: {} }, context())).toMatchObject({ kind: 'zones', minSize: 6 });
  expect(localityOf({ zoneAwareLbSetting: { enabled: false } }, context({ outlier: true }))).toBeUndefined();
  const meshZones = { enabled: true, minClusterSize: 2 };
  expect(localityOf(undefined, context({ meshZones }))).toMatchObject({ kind: 'zones', minSize: 2 });
  expect(localityOf({ localityLbSetting: {} }, context({ meshZones, outlier: true }))).toEqual(near);
  expect(localityOf(undefined, context({ meshZones, distribution: 'zone' }))).toMatchObject({ kind: 'order' });
});
