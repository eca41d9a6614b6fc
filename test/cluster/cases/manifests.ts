import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { makeRoot } from '../../../src/identity/make-certificates.ts';
import { buildManifests } from '../../../src/install/build-manifests.ts';
import { defaultManifestOptions } from '../../../src/install/manifest-options.ts';
import { printManifests } from '../../../src/install/print-manifests.ts';
import { type ApiObject, createApiClient } from '../api.ts';
import { waitFor } from '../child.ts';
import { deleteManifest, makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';

/** `outrigger manifest generate | kubectl apply -f -`, and what the service account may do afterwards. */
export function manifestCases(cluster: () => Cluster): void {
  describe('the manifests', () => {
    let manifest: string;
    let caPem: string;
    beforeAll(async () => {
      caPem = (await makeRoot(new Date())).certificatePem;
      manifest = printManifests(buildManifests({ ...defaultManifestOptions, caPem }), 'yaml');
      const applied = await apply();
      expect(applied.stderr).toBe('');
    });
    afterAll(() => deleteManifest(cluster(), manifest));
    const apply = () => cluster().kubectl(['apply', '--validate=strict', '-f', '-'], { input: manifest });

    test('the command prints the same, and refuses to leave the authority out', async () => {
      const file = join(cluster().folder, 'manifest-ca.crt');
      await writeFile(file, caPem);
      const printed = await runOutrigger(['manifest', 'generate', '--set', `ca.crt=${file},profile=minimal`]);
      expect([printed.code, printed.stderr, printed.stdout]).toEqual([0, '', manifest]);
      const refused = await runOutrigger(['manifest', 'generate']);
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toMatch(/OR1701[\s\S]*--set ca\.crt=FILE/);
    });

    test('the API server takes every field, and a second apply changes nothing', async () => {
      const again = await apply();
      expect(again.stderr).toBe('');
      expect(again.stdout.trim().split('\n').length).toBe(parseAllDocuments(manifest).length);
      // The selector of a PodDisruptionBudget is replaced whole by every client-side apply, so kubectl says "configured".
      for (const line of again.stdout.trim().split('\n')) expect(line).toMatch(/unchanged$|^poddisruptionbudget/);
    });

    test('server-side apply takes it, too, and nothing in it is a default that drifts', async () => {
      const answer = await cluster().kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
        input: manifest,
      });
      expect(answer.stderr).toBe('');
      const diff = await cluster().kubectl(['diff', '--server-side', '--force-conflicts', '-f', '-'], {
        input: manifest,
      });
      expect([diff.code, diff.stdout]).toEqual([0, '']);
    });

    test('the control plane fits Pod Security restricted, in two pods', async () => {
      const pods = await waitFor(
        async () => {
          const { items = [] } = await cluster().api.must('GET', podsPath('outrigger-system'));
          return items.length >= 2 ? items : undefined;
        },
        { what: 'the pods of the control plane' },
      );
      expect(pods[0]?.spec?.containers?.map((container) => container.name)).toEqual(['outrigger']);
    });

    test('without a control plane: kube-system lives, opted-in pods get a clear error, all others live', async () => {
      await makeNamespace(cluster(), 'dead-enabled', { labels: { 'istio-injection': 'enabled' } });
      await makeNamespace(cluster(), 'dead-silent');
      const create = (namespace: string, shape = {}) =>
        cluster().api.call('POST', podsPath(namespace), { body: podOf({ name: `p${Math.random()}`, ...shape }) });
      const refused = await waitFor(
        async () => {
          const answer = await create('dead-enabled');
          return answer.status === 201 ? undefined : answer;
        },
        { what: 'the webhook configuration to be in use' },
      );
      expect(refused.status).toBe(500);
      expect(refused.body.message).toMatch(
        /failed calling webhook "namespace\.sidecar-injector\.outrigger\.io".*outrigger/,
      );
      const inject = 'sidecar.istio.io/inject';
      expect((await create('dead-silent', { annotations: { [inject]: 'true' } })).status).toBe(500);
      expect((await create('dead-silent', { labels: { [inject]: 'true' } })).status).toBe(500);
      const allowed = {
        'kube-system': [{}, { labels: { [inject]: 'true' } }, { annotations: { [inject]: 'true' } }],
        'outrigger-system': [{ labels: { [inject]: 'true' } }],
        'dead-silent': [{}, { annotations: { [inject]: 'yes' } }, { hostNetwork: true, labels: { [inject]: 'true' } }],
        'dead-enabled': [
          { hostNetwork: true },
          { annotations: { [inject]: 'false' } },
          { labels: { [inject]: 'false' } },
        ],
      };
      await cluster().kubectl(['label', 'ns', 'outrigger-system', 'pod-security.kubernetes.io/enforce-']);
      // Its service account and the end of Pod Security there take a moment.
      const open = async () => (await create('outrigger-system')).status === 201 || undefined;
      await waitFor(open, { what: 'outrigger-system to take any pod' });
      for (const [namespace, shapes] of Object.entries(allowed)) {
        for (const shape of shapes) {
          const answer = await create(namespace, shape);
          expect([namespace, shape, answer.status, answer.body.message]).toEqual([namespace, shape, 201, undefined]);
        }
      }
    });

    test('the service account may do what it needs, and nothing else', async () => {
      const { api, caFile, server } = cluster();
      const token = await cluster().serviceAccountToken('outrigger-system', 'outrigger');
      const self = await createApiClient({ server, caFile, token });
      await makeNamespace(cluster(), 'rights', { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
      await api.must('POST', '/api/v1/namespaces/outrigger-system/secrets', {
        metadata: { name: 'outrigger-webhook-root' },
      });
      await api.must('POST', '/api/v1/namespaces/outrigger-system/secrets', { metadata: { name: 'other' } });
      const patch = (body: ApiObject, path = '/api/v1/namespaces/rights') =>
        self.call('PATCH', path, { body, contentType: 'application/merge-patch+json' });
      const mirror = (value: string) => ({ metadata: { labels: { 'outrigger.io/linkerd-inject': value } } });
      const status = async (call: Promise<{ status: number }>) => (await call).status;
      // The policy that guards namespaces is in use some time after it was made.
      const pss = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } } as ApiObject;
      await waitFor(async () => (await patch(pss)).status === 422 || undefined, { what: 'the guard of namespaces' });
      const answers = {
        'list namespaces': await status(self.call('GET', '/api/v1/namespaces')),
        'watch nodes': await status(self.call('GET', '/api/v1/nodes?watch=true&timeoutSeconds=1')),
        'read its own root': await status(
          self.call('GET', '/api/v1/namespaces/outrigger-system/secrets/outrigger-webhook-root'),
        ),
        'set its label': await status(patch(mirror('enabled'))),
        'set a bad label': await status(patch(mirror('x'))),
        'set another annotation': await status(patch({ metadata: { annotations: { a: 'b' } } })),
        'remove its label': await status(
          patch({ metadata: { labels: { 'outrigger.io/linkerd-inject': null } } } as unknown as ApiObject),
        ),
        'make a namespace': await status(
          self.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'x' } } }),
        ),
        'delete a namespace': await status(self.call('DELETE', '/api/v1/namespaces/rights')),
        'read another Secret': await status(self.call('GET', '/api/v1/namespaces/outrigger-system/secrets/other')),
        'list Secrets': await status(self.call('GET', '/api/v1/namespaces/outrigger-system/secrets')),
        'make a Secret': await status(
          self.call('POST', '/api/v1/namespaces/outrigger-system/secrets', { body: { metadata: { name: 'x' } } }),
        ),
        'list pods': await status(self.call('GET', '/api/v1/pods')),
        'watch services': await status(self.call('GET', '/api/v1/services?watch=true&timeoutSeconds=1')),
        'list endpoint slices': await status(self.call('GET', '/apis/discovery.k8s.io/v1/endpointslices')),
        'ask about a token': await status(
          self.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
            body: { spec: { token: 'x' } } as ApiObject,
          }),
        ),
        'read one pod': await status(self.call('GET', `${podsPath('rights')}/x`)),
        'list all Secrets': await status(self.call('GET', '/api/v1/secrets')),
        'read workloads': await status(self.call('GET', '/apis/apps/v1/deployments')),
        'make a pod': await status(self.call('POST', podsPath('rights'), { body: podOf({ name: 'x' }) })),
        'read config maps': await status(self.call('GET', '/api/v1/configmaps')),
        'watch those of the roots': await status(
          self.call('GET', '/api/v1/configmaps?fieldSelector=metadata.name%3Distio-ca-root-cert'),
        ),
        'read events': await status(self.call('GET', '/api/v1/events')),
        'list webhooks': await status(
          self.call('GET', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'),
        ),
        'change its own webhook': await status(
          self.call('PATCH', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/x', {
            body: {},
            contentType: 'application/merge-patch+json',
          }),
        ),
        'make a token': await status(
          self.call('POST', '/api/v1/namespaces/outrigger-system/serviceaccounts/outrigger/token', { body: {} }),
        ),
      };
      const may = [
        ...['list namespaces', 'watch nodes', 'read its own root', 'set its label', 'remove its label'],
        ...['list pods', 'watch services', 'list endpoint slices', 'ask about a token', 'watch those of the roots'],
        'list webhooks',
      ];
      const guarded = ['set a bad label', 'set another annotation'];
      for (const [what, code] of Object.entries(answers)) {
        const wanted = may.includes(what) ? [200, 201] : guarded.includes(what) ? [422] : [403];
        expect([what, wanted.includes(code), code]).toEqual([what, true, code]);
      }
    });
  });
}
