import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { AdsClient } from '../ads-client.ts';
import type { ApiObject } from '../api.ts';
import { waitFor } from '../child.ts';
import { type ApiFault, type FaultyApi, startFaultyApi } from '../faulty-api.ts';
import type { Cluster } from '../harness.ts';
import type { Mesh } from '../mesh.ts';

export interface FaultWorld {
  readonly cluster: () => Cluster;
  readonly mesh: () => Mesh;
  readonly port: () => number;
  readonly makePod: (name: string, ip: string) => Promise<ApiObject>;
  readonly tokenFor: (pod: ApiObject) => Promise<string>;
  readonly connect: (token: string, name: string) => Promise<AdsClient>;
  /** Applies the service of the tests with another address. */
  readonly move: (address: string) => Promise<unknown>;
  /** Its cluster. */
  readonly cluster8080: string;
}

/** Each for a while, with a change that is made meanwhile. */
const faults: readonly (readonly [ApiFault, ms: number])[] = [
  ['slow', 2_500],
  ['expired', 800],
  ['cut', 300],
  ['overloaded', 1_000],
  ['broken', 1_000],
];

/** The API server is slow, forgets its history, breaks off, refuses: nobody loses anything, and what changed meanwhile arrives. */
export function apiFaultCases(world: FaultWorld): void {
  describe('an API server that does not work well', () => {
    let faulty: FaultyApi | undefined;
    afterAll(async () => {
      await faulty?.stop();
      await world.mesh().stop('SIGTERM');
      await world.mesh().start(['--set', `discovery.port=${world.port()}`]);
    });

    test('what proxies have stays, and what changed meanwhile arrives', async () => {
      const { cluster, mesh, port, makePod, tokenFor, connect, move, cluster8080 } = world;
      const client = await start();
      const addresses = () => JSON.stringify(client.resources('endpoint').get(cluster8080) ?? '');
      for (const [index, [fault, ms]] of faults.entries()) {
        const address = `10.9.10.${index + 1}`;
        faulty?.set(fault);
        await move(address);
        await delay(ms);
        faulty?.set('pass');
        const begun = performance.now();
        await waitFor(() => addresses().includes(address) || undefined, { what: `${fault}: the change` });
        console.info(`${fault}: the change of that time is there ${Math.round(performance.now() - begun)} ms after it`);
        expect([...client.removed], `${fault}: withdrawn`).toEqual([]);
        expect(client.status).toBeUndefined();
      }

      async function start(): Promise<AdsClient> {
        faulty = await startFaultyApi(cluster());
        const token = await cluster().serviceAccountToken('outrigger-system', 'outrigger');
        const kubeconfig = faulty.kubeconfig(await cluster().writeKubeconfig('faulty', { token }));
        await mesh().stop('SIGTERM');
        await mesh().start(['--set', `discovery.port=${port()}`, '--kubeconfig', kubeconfig]);
        const pod = await makePod('patient', '10.9.0.6');
        const connected = await connect(await tokenFor(pod), 'patient');
        const has = () => connected.resources('cluster').get(cluster8080) ?? endOf(connected);
        await waitFor(has, { what: 'the cluster', timeoutMs: 60_000 });
        connected.subscribe('endpoint', cluster8080);
        connected.subscribe('listener');
        await waitFor(() => (addressesOf(connected) === '' ? undefined : true), { what: 'its endpoints' });
        return connected;
      }

      function endOf({ status }: AdsClient): undefined {
        if (status !== undefined) throw new Error(`the stream ended: ${status.details}`);
      }

      function addressesOf(connected: AdsClient): string {
        const found = connected.resources('endpoint').get(cluster8080);
        return found === undefined ? '' : JSON.stringify(found);
      }
    });
  });
}
