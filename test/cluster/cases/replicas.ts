import { request } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Balancer, startBalancer } from '../balancer.ts';
import { type Child, freePorts, waitFor } from '../child.ts';
import { makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';
import { serveBeside } from '../serve-beside.ts';
import { dashboardTests } from './dashboard.ts';

/** Two control planes behind one address, as behind a Service: one stopped under load, one killed. */
export function replicaCases(cluster: () => Cluster): void {
  describe('two replicas', () => {
    let balancer: Balancer;
    let ports: number[] = [];
    let dashboardPort = 0;
    const replicas: (Child | undefined)[] = [];
    /** The loads under way: none outlives its test. */
    const going = new Set<string>();
    afterEach(() => going.clear());
    const run = (...args: string[]) => runOutrigger([...args, '--kubeconfig', cluster().kubeconfig]);

    beforeAll(async () => {
      balancer = await startBalancer();
      const [first = 0, second = 0, page = 0] = await freePorts(3);
      ports = [first, second];
      dashboardPort = page;
      const set = `profile=minimal,replicas=0,webhookUrl=https://${cluster().host}:${balancer.port}`;
      const installed = await run('install', '-y', '--set', set);
      expect([installed.code, installed.stderr]).toEqual([0, '']);
      for (const index of [0, 1]) await start(index);
      await makeNamespace(cluster(), 'replicas', { labels: { 'istio-injection': 'enabled' } });
    });
    afterAll(async () => {
      await Promise.all(replicas.map((replica) => replica?.stop('SIGKILL')));
      await run('uninstall', '--purge', '-y');
      await cluster().kubectl(['delete', 'ns', 'replicas', '--wait=true']);
      await balancer.stop();
    });

    /** Returns when the replica answers, and is in. */
    async function start(index: number): Promise<void> {
      const port = ports[index] ?? 0;
      replicas[index] = await serveBeside(cluster(), `replica-${index}`, port, [
        ...['--set', index === 0 ? `dashboard.port=${dashboardPort}` : 'dashboard.enabled=false'],
      ]);
      await waitFor(async () => ((await ready(port)) ? true : undefined), { what: `replica ${index}` });
      balancer.use([...new Set([...current(), port])]);
    }
    const current = (): number[] => ports.filter((_, index) => replicas[index]?.running === true);
    async function ready(port: number): Promise<boolean> {
      return new Promise((resolve) => {
        const asked = request(
          { port, host: '127.0.0.1', path: '/healthz/ready', rejectUnauthorized: false, agent: false },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode === 200);
          },
        );
        asked.once('error', () => resolve(false));
        asked.end();
      });
    }

    /** Pods one after the other, in four rows, until it is ended; how each creation was answered. */
    function load(name: string): { end(): Promise<{ statuses: Record<number, number>; uninjected: number }> } {
      going.add(name);
      let count = 0;
      let uninjected = 0;
      const statuses: Record<string, number> = {};
      const row = async () => {
        while (going.has(name)) {
          const answer = await cluster().api.call('POST', podsPath('replicas'), {
            body: podOf({ name: `${name}-${count++}` }),
          });
          const how = `${answer.status} ${answer.body.message ?? ''}`.trim();
          statuses[how] = (statuses[how] ?? 0) + 1;
          if (answer.status === 201 && !JSON.stringify(answer.body.spec).includes('"name":"istio-proxy"')) uninjected++;
        }
      };
      const rows = [row(), row(), row(), row()];
      return {
        end: async () => {
          going.delete(name);
          await Promise.all(rows);
          return { statuses, uninjected };
        },
      };
    }

    dashboardTests(cluster, () => dashboardPort);

    test('both answer, and one that is stopped costs no admission', async () => {
      const pods = load('stopped');
      await waitFor(() => (balancer.taken.size === 2 ? true : undefined), { what: 'connections to both' });
      const [first = 0, second = 0] = ports;
      // As with a pod that ends: out of the Service first, then the signal (its preStop waits for the first to be seen).
      balancer.use([second]);
      const before = balancer.taken.get(first);
      await replicas[0]?.stop('SIGTERM', 40_000);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const { statuses, uninjected } = await pods.end();
      const after = balancer.taken.get(first);
      await start(0);
      expect({ codes: Object.keys(statuses), uninjected }).toEqual({ codes: ['201'], uninjected: 0 });
      expect(after).toBe(before);
    });

    test('one that is killed: what fails is tried again by controllers, and no pod is missing in the end', async () => {
      const wanted = 60;
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'many' },
        spec: {
          replicas: wanted,
          selector: { matchLabels: { app: 'many' } },
          template: { metadata: { labels: { app: 'many' } }, spec: { containers: [{ name: 'app', image: 'app' }] } },
        },
      };
      const direct = load('killed');
      await cluster().api.must('POST', '/apis/apps/v1/namespaces/replicas/deployments', deployment);
      await waitFor(async () => ((await made()) > 5 ? true : undefined), { what: 'the first pods', everyMs: 10 });
      await replicas[1]?.stop('SIGKILL');
      // Its endpoint is found dead by a probe, later.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      balancer.use(ports.slice(0, 1));
      await waitFor(async () => ((await made()) >= wanted ? true : undefined), { what: 'all pods', timeoutMs: 60_000 });
      const { uninjected } = await direct.end();
      expect(uninjected).toBe(0);
      const { items = [] } = await cluster().api.must('GET', `${podsPath('replicas')}?labelSelector=app%3Dmany`);
      expect(items).toHaveLength(wanted);
      expect(items.filter((pod) => !JSON.stringify(pod.spec).includes('"name":"istio-proxy"'))).toEqual([]);
      await start(1);
    });

    async function made(): Promise<number> {
      const { items = [] } = await cluster().api.must('GET', `${podsPath('replicas')}?labelSelector=app%3Dmany`);
      return items.length;
    }

    test('what both keep is there once: the roots, and no replica fights the other', async () => {
      const path = '/api/v1/namespaces/replicas/configmaps/istio-ca-root-cert';
      const first = await cluster().api.must('GET', path);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect((await cluster().api.must('GET', path)).metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    });
  });
}
