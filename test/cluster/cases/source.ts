import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeRoot } from '../../../src/identity/make-certificates.ts';
import { createConnection, type KubeConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { createKubernetesSource, type KubernetesSource } from '../../../src/source/kubernetes/kubernetes-source.ts';
import { LinkerdMirror } from '../../../src/source/kubernetes/linkerd-mirror.ts';
import type { SourceProblem } from '../../../src/source/kubernetes/mesh-watches.ts';
import { SecretRootStore } from '../../../src/source/kubernetes/secret-root-store.ts';
import { waitFor } from '../child.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';

const mergePatch = 'application/merge-patch+json';

export function sourceCases(cluster: () => Cluster): void {
  let abort: AbortController;
  let problems: SourceProblem[];

  function sourceOf(connection: KubeConnection): KubernetesSource {
    return createKubernetesSource({ connection, pageSize: 2, onProblem: (problem) => problems.push(problem) });
  }
  const label = (name: string, labels: Record<string, string | null>) =>
    cluster().api.call('PATCH', `/api/v1/namespaces/${name}`, {
      contentType: mergePatch,
      body: { metadata: { labels } },
    });

  describe('the Kubernetes source', () => {
    beforeEach(() => {
      abort = new AbortController();
      problems = [];
    });
    afterEach(() => abort.abort());

    async function started() {
      const connection = createConnection(createCredentials({ kubeconfig: cluster().kubeconfig }));
      const source = sourceOf(connection);
      await source.start(abort.signal);
      await source.whenSynced(AbortSignal.timeout(20_000));
      return { source, connection };
    }

    test('lists in pages, then follows changes of namespaces and nodes', async () => {
      const { source } = await started();
      expect(source.namespace('kube-system')).toBeDefined();
      await makeNamespace(cluster(), 'source-a', { labels: { 'istio-injection': 'enabled' } });
      await waitFor(() => source.namespace('source-a'), { what: 'the new namespace' });
      await label('source-a', { 'istio-injection': null, 'istio.io/rev': 'canary' });
      await waitFor(() => source.namespace('source-a')?.labels['istio.io/rev'] === 'canary' || undefined, {
        what: 'the changed label',
      });
      expect(source.namespace('source-a')?.labels).not.toHaveProperty('istio-injection');
      const node = { metadata: { name: 'source-node' }, status: { nodeInfo: nodeInfo('v1.34.1') } };
      await cluster().api.must('POST', '/api/v1/nodes', node);
      await cluster().api.must('PUT', '/api/v1/nodes/source-node/status', node);
      await waitFor(() => source.nodes().some((one) => one.kubeletVersion === 'v1.34.1') || undefined, {
        what: 'the node',
      });
      await cluster().api.must('DELETE', '/api/v1/nodes/source-node');
      await waitFor(() => !source.nodes().some((one) => one.name === 'source-node') || undefined, { what: 'its end' });
      // Its CRD is not there.
      expect(
        problems.filter(({ resource }) => !['proxyconfigs', 'emergencies', 'envoyfilters'].includes(resource)),
      ).toEqual([]);
    });

    test('a namespace that memory does not have is asked for', async () => {
      const connection = createConnection(createCredentials({ kubeconfig: cluster().kubeconfig }));
      const source = sourceOf(connection);
      expect(await source.fetchNamespace('kube-public')).toMatchObject({ name: 'kube-public' });
      expect(await source.fetchNamespace('no-such-namespace')).toBeUndefined();
    });

    test('an API server that restarts is caught up with, and the last state stays in use meanwhile', async ({
      skip,
    }) => {
      if (!cluster().owned) return skip('the API server is not ours to stop');
      const { source } = await started();
      await cluster().stopApiServer('SIGKILL');
      await waitFor(() => problems.length > 0 || undefined, { what: 'the source to notice' });
      expect(source.synced).toBe(true);
      expect(source.namespace('kube-system')).toBeDefined();
      await cluster().startApiServer();
      await makeNamespace(cluster(), 'source-restart');
      await waitFor(() => source.namespace('source-restart'), { what: 'what changed since', timeoutMs: 40_000 });
    });

    test('a token that expires is read again from its file', async ({ skip }) => {
      if (!cluster().owned) return skip('the API server is not ours to stop');
      const { api } = cluster();
      const secret = '/api/v1/namespaces/default/secrets/bound';
      const { metadata } = await api.must('POST', '/api/v1/namespaces/default/secrets', {
        metadata: { name: 'bound' },
      });
      const bound = { kind: 'Secret', apiVersion: 'v1', name: 'bound', uid: metadata?.uid };
      await api.must('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
        metadata: { name: 'source-token' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
      });
      const tokenFile = join(cluster().folder, 'token');
      await writeFile(tokenFile, await cluster().serviceAccountToken('default', 'default', bound));
      const kubeconfig = await cluster().writeKubeconfig('expiring', { tokenFile });
      const source = sourceOf(createConnection(createCredentials({ kubeconfig })));
      await source.start(abort.signal);
      await source.whenSynced(AbortSignal.timeout(20_000));
      await api.must('DELETE', secret);
      await cluster().stopApiServer('SIGKILL');
      await cluster().startApiServer();
      const refused = () => problems.some((problem) => problem.failure.kind === 'unauthorized') || undefined;
      await waitFor(refused, { what: 'the old token to be refused', timeoutMs: 40_000 });
      await writeFile(tokenFile, await cluster().serviceAccountToken('default', 'default'));
      await makeNamespace(cluster(), 'source-token');
      await waitFor(() => source.namespace('source-token'), { what: 'the new token to work', timeoutMs: 40_000 });
    });

    test('two replicas mirror linkerd.io/inject and agree', async () => {
      const replicas = await Promise.all([started(), started()]);
      const failures: unknown[] = [];
      for (const { source, connection } of replicas) {
        new LinkerdMirror({ connection, excluded: [], onProblem: (problem) => failures.push(problem) }).start(
          (listener) => source.onNamespace(listener),
          abort.signal,
        );
      }
      const mirrored = async (wanted: string | undefined) => {
        const answer = await cluster().api.must('GET', '/api/v1/namespaces/source-linkerd');
        return answer.metadata?.labels?.['outrigger.io/linkerd-inject'] === wanted || undefined;
      };
      await makeNamespace(cluster(), 'source-linkerd', { annotations: { 'linkerd.io/inject': 'enabled' } });
      await waitFor(() => mirrored('enabled'), { what: 'the label' });
      await cluster().kubectl(['annotate', 'ns', 'source-linkerd', '--overwrite', 'linkerd.io/inject=disabled']);
      await waitFor(() => mirrored('disabled'), { what: 'the changed label' });
      await cluster().kubectl(['annotate', 'ns', 'source-linkerd', 'linkerd.io/inject-']);
      await waitFor(() => mirrored(undefined), { what: 'the end of the label' });
      expect(failures).toEqual([]);
    });
  });

  describe('the root in a Secret', () => {
    beforeAll(() => makeNamespace(cluster(), 'source-root'));
    afterAll(() => cluster().api.call('DELETE', '/api/v1/namespaces/source-root'));

    test('two writers end with the same root', async () => {
      const connection = createConnection(createCredentials({ kubeconfig: cluster().kubeconfig }));
      const store = () => new SecretRootStore({ connection, namespace: 'source-root', name: 'root' });
      const roots = await Promise.all([makeRoot(new Date()), makeRoot(new Date())]);
      expect(await store().load()).toBeUndefined();
      await Promise.all(roots.map((root) => store().save(root)));
      const [one, two] = await Promise.all([store().load(), store().load()]);
      expect(one).toEqual(two);
      expect(roots).toContainEqual(one);
    });
  });
}

function nodeInfo(kubeletVersion: string): Record<string, string> {
  const empty = ['machineID', 'systemUUID', 'bootID', 'kernelVersion', 'osImage', 'containerRuntimeVersion'];
  const rest = ['kubeProxyVersion', 'operatingSystem', 'architecture'];
  return { ...Object.fromEntries([...empty, ...rest].map((key) => [key, ''])), kubeletVersion };
}
