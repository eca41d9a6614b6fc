import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeNamespace, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';

/** Commands that look at a cluster, as far as that goes without a kubelet: lists, rights, and what a missing port-forward says. */
export function operateCases(cluster: () => Cluster): void {
  describe('looking at the cluster', () => {
    const run = (kubeconfig: string, ...args: string[]) => runOutrigger([...args, '--kubeconfig', kubeconfig]);

    test('describe and tls-check read objects of a real API server', async () => {
      const { api, kubeconfig } = cluster();
      await makeNamespace(cluster(), 'look', { labels: { 'istio-injection': 'enabled' } });
      const labels = { app: 'web', 'security.istio.io/tlsMode': 'istio' };
      const spec = { containers: [{ name: 'web', image: 'example.invalid/web:1', ports: [{ containerPort: 8080 }] }] };
      for (const name of ['web-1', 'web-2']) {
        await api.must('POST', podsPath('look'), { metadata: { name, labels }, spec });
        const status = {
          phase: 'Running',
          podIP: `10.9.0.${name.slice(-1)}`,
          conditions: [{ type: 'Ready', status: 'True' }],
        };
        const patch = { contentType: 'application/merge-patch+json', body: { status } };
        await api.call('PATCH', `${podsPath('look')}/${name}/status`, patch);
      }
      const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
      await api.must('POST', '/api/v1/namespaces/look/services', {
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports },
      });
      const pod = await run(kubeconfig, 'describe', 'pod', 'web-1.look');
      expect(pod).toMatchObject({ code: 0, stderr: '' });
      expect(pod.stdout).toContain('Injection: none, though it would be injected now');
      expect(pod.stdout).toContain('Port 80 http (http) to 8080');
      const tls = await run(kubeconfig, 'authn', 'tls-check', 'web-1.look', 'web.look');
      expect(tls).toMatchObject({ code: 0, stdout: expect.stringMatching(/web\.look\.svc\.cluster\.local:80 +OK/) });
    });

    test('a name without a namespace is of the namespace of the context, as kubectl has it', async () => {
      const { stdout } = await cluster().kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']);
      const config = JSON.parse(stdout);
      for (const { context } of config.contexts) context.namespace = 'look';
      const kubeconfig = join(cluster().folder, 'look.kubeconfig');
      await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
      expect((await run(kubeconfig, 'describe', 'pod', 'web-1')).stdout).toMatch(/^Pod web-1\.look$/m);
      expect((await run(kubeconfig, 'describe', 'service', 'web')).stdout).toMatch(/^Service web\.look /m);
      expect((await run(kubeconfig, 'authn', 'tls-check', 'web-1', 'web')).stdout).toMatch(/^web\.look\.svc/m);
      expect((await run(kubeconfig, 'pc', 'cluster', 'web-1')).stderr).toContain('OR2532 port 15000 of look/web-1');
      expect((await run(kubeconfig, 'describe', 'pod', 'web-1', '-n', 'default')).stderr).toMatch(
        /in namespace default/,
      );
    });

    test('a right that is missing is named; so is a pod that nobody can forward to', async () => {
      const token = await cluster().serviceAccountToken('look', 'default');
      const poor = await cluster().writeKubeconfig('poor', { token });
      for (const args of [['describe', 'pod', 'web-1.look'], ['pc', 'cluster', 'web-1.look'], ['ps']]) {
        const { code, stderr } = await run(poor, ...args);
        expect(code).toBe(1);
        expect(stderr).toMatch(/OR2538 GET \S+ answered 403: .* cannot list resource/);
      }
      const forward = await run(cluster().kubeconfig, 'pc', 'cluster', 'web-1.look');
      expect(forward).toMatchObject({ code: 1, stderr: expect.stringContaining('OR2532 port 15000 of look/web-1') });
      const { kubeconfig } = cluster();
      expect(await run(kubeconfig, 'ps')).toMatchObject({ code: 1, stderr: expect.stringContaining('OR2535') });
    });
  });
}
