import { expect, test } from 'vitest';
import { registryOf, workloadOf } from '../../test/mesh-fixture.ts';

const entry = (spec: string, metadata = '{name: one, labels: {app: ledger}, annotations: {a: b}}') =>
  `{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: ${metadata}, spec: ${spec}}`;

test('a machine with an identity and an address may have a proxy', () => {
  const spec = '{address: 10.9.0.1, serviceAccount: ledger, ports: {http: 81}, labels: {role: machine}, locality: r/z}';
  const { snapshot } = registryOf(entry(spec));
  expect(workloadOf(snapshot, 'default/one')).toMatchObject({
    id: 'default/one',
    ips: ['10.9.0.1'],
    labels: { app: 'ledger', role: 'machine' },
    annotations: { a: 'b' },
    serviceAccount: 'ledger',
    meshed: true,
    role: 'sidecar',
    servicePorts: { http: 81 },
    locality: { region: 'r', zone: 'z' },
    origin: { kind: 'WorkloadEntry' },
  });
  expect([...snapshot.workloads]).toEqual([]);
});

test.each([
  '{address: 10.9.0.1}',
  '{address: db.example.com, serviceAccount: ledger}',
  '{serviceAccount: x, network: net}',
])('%s may not', (spec) => expect(registryOf(entry(spec)).snapshot.machines.size).toBe(0));

test('a machine that registers itself is the same one when it is renewed', () => {
  const renewed = (at: string) =>
    registryOf(
      entry(
        '{address: 10.9.0.1, serviceAccount: ledger}',
        `{name: one, annotations: {istio.io/autoRegistrationGroup: g, proxy.outrigger.io/seen-at: ${at}}}`,
      ),
    ).snapshot.machines.get('default/one');
  expect(renewed('one')).toEqual(renewed('two'));
  expect(renewed('one')?.annotations).toEqual({ 'istio.io/autoRegistrationGroup': 'g' });
});

test('what did not change is the same machine, and one that goes is gone', () => {
  const registry = registryOf(entry('{address: 10.9.0.1, serviceAccount: ledger}'));
  const { machines } = registry.snapshot;
  registry.apply({ upserts: [], removals: ['Pod default/other'] });
  expect(registry.snapshot.machines).toBe(machines);
  registry.apply({ upserts: [], removals: ['WorkloadEntry default/one'] });
  expect(registry.snapshot.machines.size).toBe(0);
});
