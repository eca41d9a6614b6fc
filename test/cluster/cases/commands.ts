import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { waitFor } from '../child.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example/web:1}]}
`;

/** Injecting commands that ask the cluster for namespaces and nodes; what they print, the API server takes. */
export function commandCases(cluster: () => Cluster): void {
  describe('the commands, against the cluster', () => {
    test('preview sees the labels of the namespace', async () => {
      await makeNamespace(cluster(), 'cli-in', { labels: { 'istio-injection': 'enabled' } });
      await makeNamespace(cluster(), 'cli-out', {});
      const preview = async (namespace: string) => {
        const args = ['preview', '-', '-n', namespace, '-o', 'json', '--kubeconfig', cluster().kubeconfig];
        const { code, stdout, stderr } = await runOutrigger(args, deployment);
        expect([code, stderr]).toEqual([0, '']);
        return (JSON.parse(stdout) as { decision: { decidedBy: string } }).decision.decidedBy;
      };
      expect(await preview('cli-in')).toBe('namespace_label');
      expect(await preview('cli-out')).toBe('not_selected');
    });

    test('preview knows the tags of the cluster', async () => {
      const at = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
      const labels = { app: 'outrigger', 'outrigger.io/rev': 'blue', 'outrigger.io/tag': 'cli-prod' };
      await makeNamespace(cluster(), 'cli-tag', { labels: { 'istio.io/rev': 'cli-prod' } });
      const preview = async () => {
        const args = ['preview', '-', '-n', 'cli-tag', '-o', 'json', '--kubeconfig', cluster().kubeconfig];
        const { stdout } = await runOutrigger(args, deployment);
        return (JSON.parse(stdout) as { decision: { decidedBy: string } }).decision.decidedBy;
      };
      expect(await preview()).toBe('revision_not_installed');
      const made = await cluster().api.call('POST', at, { body: { metadata: { name: 'cli-tag', labels } } });
      expect(made.status).toBe(201);
      try {
        expect(await preview()).toBe('revision_label');
      } finally {
        await cluster().api.call('DELETE', `${at}/cli-tag`);
      }
    });

    test('what inject prints is applied, and what uninject prints, too', async () => {
      const injected = await runOutrigger(['inject', '-'], deployment);
      const applied = await cluster().kubectl(['apply', '--validate=strict', '-n', 'cli-out', '-f', '-'], {
        input: injected.stdout,
      });
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      // What `get` printed is out of date once the controller has written a status: then the three go again.
      const template = await waitFor(
        async () => {
          const live = await cluster().kubectl(['get', 'deployment', 'web', '-n', 'cli-out', '-o', 'yaml']);
          expect(live.stdout).toContain('istio-proxy');
          const back = await runOutrigger(['uninject', '-'], live.stdout);
          expect(back.code).toBe(0);
          const replaced = await cluster().kubectl(['apply', '-n', 'cli-out', '-f', '-'], { input: back.stdout });
          return replaced.code === 0 ? (parse(back.stdout) as { spec: { template: object } }).spec.template : undefined;
        },
        { what: 'an apply without conflict' },
      );
      // The annotation last-applied-configuration still tells of the sidecar; the pod does not.
      expect(JSON.stringify(template)).not.toContain('istio');
    });

    // A login that has expired is the same answer to everything, so it is said once.
    const asking = [
      'analyze -A',
      'describe pod x',
      'proxy-status',
      'install -y',
      'scope -A',
      'preview - -n cli-in --kubernetes',
    ];
    test.each(asking)('%s: who is not known is told to log in again', async (line) => {
      const expired = await cluster().writeKubeconfig('expired', { token: 'of-yesterday' });
      const { code, stderr } = await runOutrigger([...line.split(' '), '--kubeconfig', expired], deployment);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: OR1635 .* answered 401.*\nLog in again.*\n$/);
    });

    test('version says its own, why it knows no other, and that it has failed', async () => {
      const expired = await cluster().writeKubeconfig('expired', { token: 'of-yesterday' });
      const { code, stdout, stderr } = await runOutrigger(['version', '--kubeconfig', expired]);
      expect([code, stdout]).toEqual([1, expect.stringMatching(/^client version: \S+\n$/)]);
      expect(stderr).toMatch(/^! The cluster's versions are not known: OR1635 .*Log in again/);
    });

    test('a cluster that does not answer is a coded error', async () => {
      const { code, stderr } = await runOutrigger(
        ['preview', '-', '--kubernetes', '--kubeconfig', '/nonexistent'],
        deployment,
      );
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: OR163[0-9] /);
    });
  });
}
