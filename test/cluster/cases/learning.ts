import { expect, test } from 'vitest';
import { Learner } from '../../../src/learning/learner.ts';
import type { Workload } from '../../../src/model/workload.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { LearntScopeMaps } from '../../../src/source/kubernetes/learnt-scope-maps.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';

const system = 'outrigger-system';
const use = (name: string) =>
  ({ kind: 'cluster', name: `outbound|80||${name}`, service: `shop/${name}.shop.svc.cluster.local` }) as const;
const web = { namespace: 'shop', workloadName: 'web', labels: { app: 'web' } } as unknown as Workload;

/** What workloads use, in ConfigMaps, with the rights of the control plane. Needs its installation. */
export function learningCases(cluster: () => Cluster): void {
  test('two replicas learn apart, a third begins with what both know, and `scope` shows it', async () => {
    const token = await cluster().serviceAccountToken(system, 'outrigger');
    const kubeconfig = await cluster().writeKubeconfig('learner', { token });
    const problems: string[] = [];
    const replica = async () => {
      const connection = createConnection(createCredentials({ kubeconfig }));
      const learner = new Learner({
        ...{ store: new LearntScopeMaps({ connection, namespace: system }), keepDays: 30, relearnDays: 7 },
        ...{ now: Date.now, after: () => () => undefined },
        onProblem: (error) => problems.push(error.message),
      });
      await learner.start(AbortSignal.abort());
      return learner;
    };
    try {
      const [one, two] = [await replica(), await replica()];
      one.open(web).use([use('cart')]);
      two.open(web).use([use('stock')]);
      await Promise.all([one.save(), two.save()]);
      await Promise.all([one.save(), two.save()]);
      const third = (await replica()).open(web).recall();
      expect(third.map(({ name }) => name)).toEqual(['outbound|80||cart', 'outbound|80||stock']);
      expect(problems).toEqual([]);
      const shown = await runOutrigger(['scope', 'web', '-n', 'shop', '--kubeconfig', cluster().kubeconfig]);
      expect(shown.stdout).toContain('- ./cart.shop.svc.cluster.local');
      const unknown = await runOutrigger(['scope', 'wep', '-n', 'shop', '--kubeconfig', cluster().kubeconfig]);
      expect(unknown.code).toBe(1);
      expect(unknown.stderr).toMatch(/OR2481 .*did you mean shop\/web\?/);
      // The right is for the namespace of the control plane alone.
      const elsewhere = new LearntScopeMaps({
        connection: createConnection(createCredentials({ kubeconfig })),
        namespace: 'default',
      });
      await expect(elsewhere.read()).rejects.toThrow(/OR2480 .*403/);
    } finally {
      await cluster().kubectl(['delete', 'configmap', '-n', system, '-l', 'outrigger.io/learnt-scopes=true']);
    }
  });
}
