import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeMeshRoot } from '../../../src/identity/workload/make-mesh-root.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { MeshRootSecret } from '../../../src/source/kubernetes/mesh-root-secret.ts';
import { waitFor } from '../child.ts';
import type { Cluster } from '../harness.ts';
import type { Mesh } from '../mesh.ts';
import { runOutrigger } from '../outrigger.ts';

export interface RootWorld {
  readonly cluster: () => Cluster;
  readonly mesh: () => Mesh;
  readonly rootsIn: (namespace: string) => Promise<string | undefined>;
}

const merge = 'application/merge-patch+json';
const pathIn = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps/istio-ca-root-cert`;

/** The ConfigMap istio-ca-root-cert: where it is, who may change it, whose it is. */
export function rootCases({ cluster, mesh, rootsIn }: RootWorld): void {
  describe('the roots in every namespace', () => {
    const expectRoots = (namespace: string, roots: string | undefined) =>
      waitFor(async () => (await rootsIn(namespace)) === roots || undefined, { what: `the roots in ${namespace}` });
    // Without waiting for its service account: after an outage the controller manager takes its time, and no pod comes.
    const makeSpace = (name: string) => cluster().api.must('POST', '/api/v1/namespaces', { metadata: { name } });
    const ours = async () => (await mesh().meshRoot()).rootsPem;

    test('all but the excluded ones have it, a new one soon, with our label', async () => {
      const roots = await ours();
      for (const namespace of ['default', 'outrigger-system', 'discovery']) await expectRoots(namespace, roots);
      for (const namespace of ['kube-system', 'kube-public', 'kube-node-lease'])
        expect(await rootsIn(namespace)).toBeUndefined();
      await makeSpace('roots-new');
      await expectRoots('roots-new', roots);
      const made = await cluster().api.must('GET', pathIn('roots-new'));
      expect(made.metadata?.labels).toEqual({ 'outrigger.io/mesh-root-of': 'outrigger-system' });
    });

    test('what is changed or deleted is put right', async () => {
      const roots = await ours();
      await cluster().api.must('DELETE', pathIn('roots-new'));
      await expectRoots('roots-new', roots);
      const body = { data: { 'root-cert.pem': 'nonsense' } };
      await cluster().api.call('PATCH', pathIn('roots-new'), { contentType: merge, body });
      await expectRoots('roots-new', roots);
    });

    test("istiod's is left alone and told, until it has our root, too", async () => {
      const istio = (await makeMeshRoot(new Date())).rootsPem;
      await makeSpace('roots-istio');
      await expectRoots('roots-istio', await ours());
      await cluster().api.must('DELETE', pathIn('roots-istio'));
      // As istiod makes and keeps it: the last writer stays, whoever was first.
      const labels = { 'istio.io/config': 'true', 'outrigger.io/mesh-root-of': null };
      const body = { metadata: { labels }, data: { 'root-cert.pem': istio } };
      await waitFor(
        async () => {
          const answer = await cluster().api.call('PATCH', pathIn('roots-istio'), { contentType: merge, body });
          return answer.status === 200 || undefined;
        },
        { what: "istiod's ConfigMap" },
      );
      const note = async () => JSON.stringify((await mesh().health()).body);
      await waitFor(async () => /OR2220\): roots-istio/.test(await note()) || undefined, { what: 'the report' });
      expect(await rootsIn('roots-istio')).toBe(istio);
      const logged = async () =>
        /OR2220 istio-ca-root-cert of roots-istio/.test(await readFile(mesh().logFile, 'utf8'));
      await waitFor(async () => (await logged()) || undefined, { what: 'the line in the log' });
      // One that was not there a moment ago is made without force: the API server then refuses to take it from another.
      const late = await mesh().self.call('PATCH', `${pathIn('roots-istio')}?fieldManager=test`, {
        contentType: 'application/apply-patch+yaml',
        body: { apiVersion: 'v1', kind: 'ConfigMap', data: { 'root-cert.pem': 'ours' } } as never,
      });
      expect(late.status).toBe(409);
      const both = { data: { 'root-cert.pem': `${istio}${await ours()}` } };
      await cluster().api.call('PATCH', pathIn('roots-istio'), { contentType: merge, body: both });
      await waitFor(async () => !(await note()).includes('OR2220') || undefined, { what: 'the end of the report' });
      expect(await rootsIn('roots-istio')).toBe(both.data['root-cert.pem']);
    });

    test('another that writes again and again is left alone after three times', async () => {
      await makeSpace('roots-fight');
      const roots = await ours();
      await expectRoots('roots-fight', roots);
      const write = (text: string) =>
        cluster().api.call('PATCH', pathIn('roots-fight'), {
          contentType: merge,
          body: { data: { 'root-cert.pem': text } },
        });
      for (const round of ['1', '2', '3']) {
        await write(round);
        await expectRoots('roots-fight', roots);
      }
      await write('4');
      const told = async () => /OR2220 .*roots-fight/.test(await readFile(mesh().logFile, 'utf8')) || undefined;
      await waitFor(told, { what: 'the report' });
      expect(await rootsIn('roots-fight')).toBe('4');
      await cluster().api.must('DELETE', '/api/v1/namespaces/roots-fight');
    });

    test('a namespace that ends is no problem', async () => {
      // The API server has been away before, which is one.
      const before = (await readFile(mesh().logFile, 'utf8')).length;
      await cluster().api.must('DELETE', '/api/v1/namespaces/roots-new');
      const ended = async () => (await cluster().api.call('GET', '/api/v1/namespaces/roots-new')).status === 404;
      await waitFor(async () => (await ended()) || undefined, { what: 'its end', timeoutMs: 120_000 });
      expect((await readFile(mesh().logFile, 'utf8')).slice(before)).not.toContain('OR2221');
    });

    test('a machine gets a token of its service account, bound to no pod, and the roots', async () => {
      const folder = join(cluster().folder, 'machine');
      const group = await runOutrigger(['workload', 'group', 'create', '--name', 'ledger', '--labels', 'app=ledger']);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'group.yaml'), group.stdout);
      const where = ['--kubeconfig', cluster().kubeconfig, '-o', folder, '--address', '192.0.2.7'];
      const made = await runOutrigger(['workload', 'entry', 'configure', '-f', join(folder, 'group.yaml'), ...where]);
      expect(made.code, made.stderr).toBe(0);
      expect(await readFile(join(folder, 'root-cert.pem'), 'utf8')).toBe(await ours());
      const token = await readFile(join(folder, 'istio-token'), 'utf8');
      const review = await cluster().api.must('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        spec: { token, audiences: ['istio-ca'] },
      });
      expect(review.status).toMatchObject({
        authenticated: true,
        user: { username: 'system:serviceaccount:default:default' },
      });
      expect(JSON.stringify(review.status)).not.toContain('pod-name');
    });

    test('rotated by the operator, who asks each replica through the API server; a foreign ConfigMap holds it up', async () => {
      const port = new URL(mesh().url).port;
      // Those of the cases before this one run, as far as anybody knows, and have no proxies any more.
      await cluster().kubectl(['delete', 'pods', '-n', 'discovery', '--all', '--force', '--grace-period=0']);
      await makePod(cluster(), 'outrigger-0');
      const rotate = async (...more: string[]) => {
        const place = ['--kubeconfig', cluster().kubeconfig, '--port', port, '--mount-seconds', '1', '-o', 'json'];
        return runOutrigger(['root', 'rotate', ...place, ...more]);
      };
      // A proxy that ended without a word is missed by the ping of its connection, within 40 s.
      const place = ['--kubeconfig', cluster().kubeconfig, '--port', port];
      const noProxies = async () => {
        const { stdout } = await runOutrigger(['root', 'status', ...place, '-o', 'json']);
        const { replicas } = JSON.parse(stdout) as { replicas: { proxies: number }[] };
        return replicas.length === 1 && replicas[0]?.proxies === 0 ? true : undefined;
      };
      await waitFor(noProxies, { what: 'the end of the proxies before', timeoutMs: 90_000 });
      const before = await ours();
      const held = await rotate('--timeout', '15');
      expect(held.code, held.stderr).toBe(3);
      expect(JSON.parse(held.stdout)).toMatchObject({
        stage: 'trust',
        behind: [{ kind: 'namespace', who: 'roots-istio' }],
      });
      const both = (await rootsIn('default')) ?? '';
      expect(both).toContain(before.trim());
      expect(both.match(/BEGIN/g)).toHaveLength(2);
      const status = await runOutrigger(['root', 'status', '--kubeconfig', cluster().kubeconfig, '--port', port]);
      expect(status.stdout).toContain('Stage:    trust');
      await cluster().api.must('DELETE', '/api/v1/namespaces/roots-istio');
      const done = await rotate('--timeout', '120');
      expect(done.code, done.stderr).toBe(0);
      const after = await rootsIn('default');
      expect(after).not.toContain(before.trim());
      expect(both).toContain(after?.trim());
      const next = await cluster().api.call(
        'GET',
        '/api/v1/namespaces/outrigger-system/secrets/outrigger-mesh-root-next',
      );
      expect(next.status).toBe(404);
      // The control plane itself could not have done it.
      const path = '/api/v1/namespaces/outrigger-system/secrets/outrigger-mesh-root';
      expect((await mesh().self.call('PATCH', path, { contentType: merge, body: { data: {} } })).status).toBe(403);
      await cluster().api.must('DELETE', '/api/v1/namespaces/outrigger-system/pods/outrigger-0?gracePeriodSeconds=0');
    });

    test("a user's own cacerts is taken, and every namespace and replica follows", async () => {
      const connection = createConnection(createCredentials({ kubeconfig: cluster().kubeconfig }));
      const store = new MeshRootSecret({ connection, namespace: 'outrigger-system', names: ['cacerts'] });
      const before = await ours();
      const next = await makeMeshRoot(new Date());
      // Both roots, so that nobody is cut off.
      await store.save({ ...next, rootsPem: `${next.rootsPem}${before}` });
      await mesh().stop('SIGKILL');
      await mesh().start();
      await expectRoots('default', `${next.rootsPem}${before}`);
      await cluster().api.must('DELETE', '/api/v1/namespaces/outrigger-system/secrets/cacerts');
      expect(await rootsIn('default')).toContain(next.rootsPem);
    });

    test('the service account may keep this ConfigMap and no other', async () => {
      const self = mesh().self;
      const status = async (call: Promise<{ status: number }>) => (await call).status;
      const apply = (namespace: string, name: string) =>
        self.call('PATCH', `/api/v1/namespaces/${namespace}/configmaps/${name}?fieldManager=test&force=true`, {
          contentType: 'application/apply-patch+yaml',
          body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } } as never,
        });
      const selected = '/api/v1/configmaps?fieldSelector=metadata.name%3Distio-ca-root-cert';
      const named = { metadata: { name: 'istio-ca-root-cert' } };
      expect({
        list: await status(self.call('GET', selected)),
        apply: await status(apply('kube-public', 'istio-ca-root-cert')),
        'list all': await status(self.call('GET', '/api/v1/configmaps')),
        get: await status(self.call('GET', pathIn('default'))),
        post: await status(self.call('POST', '/api/v1/namespaces/kube-public/configmaps', { body: named })),
        'apply another': await status(apply('kube-public', 'other')),
        'apply kube-root-ca.crt': await status(apply('default', 'kube-root-ca.crt')),
        delete: await status(self.call('DELETE', pathIn('default'))),
        'a Secret of another name': await status(
          self.call('GET', '/api/v1/namespaces/outrigger-system/secrets/istio-ca-secret'),
        ),
        'cacerts elsewhere': await status(self.call('GET', '/api/v1/namespaces/default/secrets/cacerts')),
        'make a Secret': await status(
          self.call('POST', '/api/v1/namespaces/outrigger-system/secrets', { body: { metadata: { name: 'cacerts' } } }),
        ),
      }).toEqual({
        ...{ list: 200, apply: 201, 'list all': 403, get: 403, post: 403, 'apply another': 403, delete: 403 },
        ...{ 'apply kube-root-ca.crt': 403, 'a Secret of another name': 403, 'cacerts elsewhere': 403 },
        'make a Secret': 403,
      });
      const canI = async (...what: string[]) => {
        const as = '--as=system:serviceaccount:outrigger-system:outrigger';
        return (await cluster().kubectl(['auth', 'can-i', ...what, as])).stdout.trim().split('\n').at(-1);
      };
      expect(await canI('get', 'secrets/cacerts', '-n', 'outrigger-system')).toBe('yes');
      expect(await canI('patch', 'configmaps/istio-ca-root-cert', '-n', 'shop')).toBe('yes');
      for (const verb of ['create', 'update', 'delete', 'list'])
        expect([verb, await canI(verb, 'configmaps', '-n', 'shop')]).toEqual([verb, 'no']);
      expect(await canI('list', 'secrets', '-n', 'outrigger-system')).toBe('no');
    });
  });
}

/** A pod of the control plane as the API server sees it: its process runs beside the cluster, on this machine's address. */
async function makePod({ api }: Cluster, name: string): Promise<void> {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const ip = all.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  if (ip === undefined) throw new Error('this machine has no address but loopback, which an API server does not call');
  const pods = '/api/v1/namespaces/outrigger-system/pods';
  const securityContext = {
    ...{ runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const containers = [{ name: 'outrigger', image: 'outrigger', securityContext }];
  await api.must('POST', pods, { metadata: { name, labels: { app: 'outrigger' } }, spec: { containers } });
  const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] };
  const answer = await api.call('PATCH', `${pods}/${name}/status`, { contentType: merge, body: { status } });
  expect(answer.status).toBe(200);
}
