import { beforeAll, expect, test } from 'vitest';
import { app, namespace } from '../../../test/mesh/world.ts';
import { registryOf } from '../../../test/mesh-fixture.ts';
import { OutriggerError } from '../../errors.ts';
import { systemClock } from '../../identity/serving-certificates.ts';
import { fingerprintsOf } from '../../identity/workload/certificate-facts.ts';
import { makeMeshRoot } from '../../identity/workload/make-mesh-root.ts';
import type { MeshRoot } from '../../identity/workload/mesh-root.ts';
import { WorkloadCa } from '../../identity/workload/workload-ca.ts';
import type { Acknowledgement } from '../../wire/ledger.ts';
import { RootReporter, type RootReporterOptions } from './root-report.ts';

let root: MeshRoot;
let authority: WorkloadCa;
let serving: string;
beforeAll(async () => {
  root = await makeMeshRoot(new Date());
  const store = { load: async () => root, save: async () => {} };
  authority = new WorkloadCa({ store, place: 'memory', clock: systemClock });
  await authority.load();
  serving = (await authority.issueServing(['localhost'])).chainPem;
});

const held = (version: string): Acknowledgement => ({ state: 'held', version });
function reporter(changes: Partial<RootReporterOptions> = {}, of: readonly Acknowledgement[] = []): RootReporter {
  const registry = registryOf(namespace('default', 'meshed'), app('web'));
  return new RootReporter({
    instance: 'one',
    authority,
    ledger: { acknowledged: () => [{ proxy: 'default/web', connectedAt: 0, of }] },
    secrets: {
      issuerOf: (version) => (version === 'mine' ? 'I' : undefined),
      rootsOf: (version) => (version === 'ours' ? ['R'] : undefined),
    },
    snapshot: () => registry.snapshot,
    serving: () => serving,
    unpublished: () => [],
    now: () => 0,
    ...changes,
  });
}

test('what signs, what is trusted, and no key', async () => {
  const report = await reporter().report();
  const [fingerprint] = fingerprintsOf(root.certificatePem);
  expect(report).toMatchObject({
    ready: true,
    issuer: { fingerprint },
    roots: [{ fingerprint }],
    serving: fingerprint,
  });
  expect(JSON.stringify(report)).not.toContain('PRIVATE KEY');
});

test('only what is held and known here counts', async () => {
  const secretsOf = async (of: readonly Acknowledgement[]) => (await reporter({}, of).report()).proxies[0];
  expect(await secretsOf([held('ours'), held('mine')])).toMatchObject({
    roots: { state: 'held', fingerprints: ['R'] },
    certificate: { state: 'held', fingerprints: ['I'] },
  });
  expect(await secretsOf([held('of another'), { state: 'waiting', version: 'mine' }])).toMatchObject({
    roots: { state: 'held', fingerprints: [] },
    certificate: { state: 'waiting', fingerprints: [] },
  });
});

test('before the port is open it is not ready, before the ConfigMaps are listed there is a problem', async () => {
  expect(await reporter({ serving: () => undefined }).report()).toMatchObject({ ready: false });
  expect(await reporter({ unpublished: () => undefined }).report()).toMatchObject({
    problem: 'its ConfigMaps are not listed yet',
  });
});

test('a certificate of another issuer on the port is noticed', async () => {
  const other = new WorkloadCa({
    store: { load: async () => makeMeshRoot(new Date()), save: async () => {} },
    place: 'memory',
    clock: systemClock,
  });
  await other.load();
  const { chainPem } = await other.issueServing(['localhost']);
  expect((await reporter({ serving: () => chainPem }).report()).serving).toBe('');
});

test('whoever asks has the store looked at, once a second at most; its failure is told', async () => {
  let [now, looks] = [0, 0];
  const failing = {
    issuerPem: root.certificatePem,
    rootsPem: root.rootsPem,
    refresh: async () => {
      looks++;
      throw new OutriggerError('OR2201', 'it is gone');
    },
  };
  const one = reporter({ authority: failing, now: () => now });
  const reports = await Promise.all([one.report(), one.report()]);
  expect(reports.map(({ problem }) => problem)).toEqual(['OR2201 it is gone', 'OR2201 it is gone']);
  now = 999;
  await one.report();
  expect(looks).toBe(1);
  now = 1000;
  await one.report();
  expect(looks).toBe(2);
});

test('machines are workloads, and told apart', async () => {
  const entry = `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: ledger, namespace: default}
spec: {address: 10.9.0.1, serviceAccount: ledger}
`;
  const { snapshot } = registryOf(namespace('default', 'meshed'), entry);
  const { workloads, machines } = await reporter({ snapshot: () => snapshot }).report();
  expect({ workloads, machines }).toEqual({ workloads: ['default/ledger'], machines: ['default/ledger'] });
});
