import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterEntries } from '../../../src/machines/cluster-entries.ts';
import { MachineRegistrar } from '../../../src/machines/machine-registrar.ts';
import { crdFolder } from '../../../src/schema/generate-crds.ts';
import { ClusterObjects } from '../../../src/source/kubernetes/cluster-objects.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import type { Cluster } from '../harness.ts';

const system = 'outrigger-system';
const groups = '/apis/networking.istio.io/v1/namespaces/default/workloadgroups';
const kind = 'workloadentries.networking.istio.io';

const crds = ['workloadentries', 'workloadgroups'].flatMap((plural) => [
  '-f',
  join(crdFolder, `networking.istio.io_${plural}.yaml`),
]);

interface Metadata {
  readonly name: string;
  readonly ownerReferences?: readonly unknown[];
}

/** Machines that register themselves, with the rights of the control plane. Needs its installation. */
export function machineCases(cluster: () => Cluster): void {
  beforeAll(async () => {
    await cluster().kubectl(['apply', ...crds]);
    await cluster().kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...crds]);
  });
  afterAll(async () => void (await cluster().kubectl(['delete', ...crds])));

  test('the entry of a machine is made, goes from replica to replica, and is removed by the last alone', async () => {
    const token = await cluster().serviceAccountToken(system, 'outrigger');
    const kubeconfig = await cluster().writeKubeconfig('machines', { token });
    const problems: string[] = [];
    const ends: (() => void)[] = [];
    const place = { kind: 'WorkloadGroup', namespace: 'default', name: 'ledger' };
    const spec = { template: { serviceAccount: 'ledger', labels: { app: 'ledger' } } };
    // It is really there: what belongs to nothing is removed by the garbage collector.
    const { metadata = {} } = await cluster().api.must('POST', groups, {
      ...{ apiVersion: 'networking.istio.io/v1', kind: 'WorkloadGroup', metadata: { name: 'ledger' }, spec },
    });
    const { uid = '' } = metadata;
    const object = { metadata: { uid }, spec };
    const group = { apiVersion: 'networking.istio.io/v1', ...place, object, origin: place };
    const replica = () => {
      const made = new MachineRegistrar({
        store: new ClusterEntries(new ClusterObjects(createConnection(createCredentials({ kubeconfig })))),
        ...{ now: () => new Date(), steady: () => performance.now() },
        // Only what ends an entry is waited for here, and it is run by hand.
        after: (_, run) => {
          ends.push(run);
          return () => void ends.splice(ends.indexOf(run), 1);
        },
        onProblem: (error) => problems.push(error.message),
      });
      made.apply({ upserts: [group], removals: [] });
      return made;
    };
    const machine = { group: { name: 'ledger', namespace: 'default', spec }, name: 'ledger-1', address: '10.9.0.1' };
    const found = async () => {
      const { stdout } = await cluster().kubectl(['get', kind, '-n', 'default', '-o', 'json']);
      const { items } = JSON.parse(stdout) as { items: { metadata: Metadata; spec: unknown }[] };
      return items.find(({ metadata }) => metadata.name === 'ledger-1');
    };
    const [leaveFirst, leaveSecond] = [await replica().join(machine), await replica().join(machine)];
    expect((await found())?.spec).toEqual({ address: '10.9.0.1', serviceAccount: 'ledger' });
    expect((await found())?.metadata.ownerReferences).toEqual([
      {
        ...{ apiVersion: 'networking.istio.io/v1', kind: 'WorkloadGroup', name: 'ledger' },
        uid,
        controller: true,
      },
    ]);
    for (const [leave, isThere] of [
      [leaveFirst, true],
      [leaveSecond, false],
    ] as const) {
      leave();
      ends.pop()?.();
      for (let tries = 0; !isThere && (await found()) !== undefined && tries < 100; tries++) await sleep(50);
      // What must not happen has had a round of requests to happen in.
      expect((await found()) !== undefined).toBe(isThere);
    }
    expect(problems).toEqual([]);
  });
}
