import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectionPath, type KnownKind, kindPlaces } from '../../../src/install/object-path.ts';
import type { ApiObject } from '../api.ts';
import { type Child, freePorts, waitFor } from '../child.ts';
import { makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { outriggerCommand, runOutrigger } from '../outrigger.ts';
import { serveBeside } from '../serve-beside.ts';

interface Check {
  readonly success: boolean;
  readonly checks: readonly { group: string; text: string; state: string; reason?: string; hint?: string }[];
}

/** `outrigger install`, `check`, `version`, `uninstall` from the first to the last, and what can go wrong. */
export function installCases(cluster: () => Cluster): void {
  describe('install', () => {
    let beside: string[] = [];
    let url = '';
    let port = 0;
    let before: string[] = [];
    let child: Child | undefined;

    beforeAll(async () => {
      [port = 0] = await freePorts(1);
      url = `https://${cluster().host}:${port}`;
      // The process runs beside the cluster, where no kubelet would run pods.
      beside = ['--set', `webhookUrl=${url},replicas=0`];
      // What control planes of other cases have left in namespaces is of an installation, and goes with it.
      const others = /\/istio-ca-root-cert$|^CustomResourceDefinition .*\.(istio|outrigger)\.io$/;
      before = (await everything(cluster())).filter((name) => !others.test(name));
    });
    afterAll(async () => {
      await child?.stop('SIGKILL');
      await run('uninstall', '--purge', '-y');
    });
    const run = (...args: string[]) => runOutrigger([...args, '--kubeconfig', cluster().kubeconfig]);
    const check = async (...args: string[]): Promise<Check> =>
      JSON.parse((await run('check', '-o', 'json', ...args)).stdout);

    test('a kubeconfig that is missing is said', async () => {
      const { code, stderr } = await runOutrigger(['install', '-y', '--kubeconfig', '/nowhere/config']);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/OR1631 .*\/nowhere\/config/)]);
    });

    test('rights that are missing are named, each, before anything is changed', async () => {
      await makeNamespace(cluster(), 'poor');
      const token = await cluster().serviceAccountToken('poor', 'default');
      const poor = await cluster().writeKubeconfig('poor', { token });
      const { code, stderr } = await runOutrigger(['install', '-y', ...beside, '--kubeconfig', poor]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('OR2503')]);
      expect(stderr).toMatch(/get, create, patch: namespaces, customresourcedefinitions.apiextensions.k8s.io/);
      expect(stderr).toMatch(/get, create, patch in outrigger-system: [^;]*deployments\.apps/);
      expect((await cluster().api.call('GET', '/api/v1/namespaces/outrigger-system')).status).toBe(404);
      const pre = await runOutrigger(['check', '--pre', '--kubeconfig', poor]);
      expect([pre.code, pre.stdout]).toEqual([1, expect.stringMatching(/× you may create namespaces\n.*\n {4}hint: /)]);
      await cluster().kubectl(['delete', 'ns', 'poor', '--wait=false']);
    });

    test("refuses while Istio's webhook has the pods, unless it gets a revision of its own", async () => {
      await cluster().api.must('POST', collectionPath('MutatingWebhookConfiguration'), istioWebhook);
      const refused = await run('install', '-y', ...beside);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/OR2504 istio-sidecar-injector.*istio-injection=enabled/),
      ]);
      expect((await check('--pre')).checks.filter(({ state }) => state === 'failed')).toMatchObject([
        { reason: expect.stringContaining('OR2504') },
      ]);
      const allowed = await run('install', '-y', '--revision', 'canary', ...beside);
      expect([allowed.code, allowed.stderr]).toEqual([0, '']);
      await cluster().api.must('DELETE', `${collectionPath('MutatingWebhookConfiguration')}/istio-sidecar-injector`);
      expect((await run('uninstall', '--revision', 'canary', '-y')).code).toBe(0);
      expect((await run('uninstall', '--revision', 'canary', '-y')).stderr).toContain('OR2512');
    });

    test('an API server that goes away in the middle: what was done is said, and a second run completes it', async () => {
      if (!cluster().owned) return;
      const { command, args } = outriggerCommand(['install', '-y', ...beside, '--kubeconfig', cluster().kubeconfig]);
      const half = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      half.stderr.on('data', (chunk) => {
        said += chunk;
      });
      await once(half.stdout, 'data');
      await cluster().stopApiServer('SIGKILL');
      const [code] = await once(half, 'close');
      expect([code, said]).toEqual([
        1,
        expect.stringMatching(/OR2508 done: Namespaces.*OR1630[\s\S]*run the same command again/),
      ]);
      await cluster().startApiServer();
      // Its lease outlives it for half a minute: nobody else may take the half for whole.
      await cluster().api.call('DELETE', `${collectionPath('Lease', 'outrigger-system')}/outrigger-install`);
      const whole = await run('install', '-y', ...beside);
      expect([whole.code, whole.stderr]).toEqual([0, '']);
      expect(whole.stdout).toContain('✔ Ingress gateway');
    });

    test('a second run changes nothing; other options change what they mean, and take away what they have no more', async () => {
      expect((await run('install', '-y', ...beside, '--set', 'profile=demo')).stdout).toContain(
        '✔ Egress gateway (5 created)',
      );
      const again = await run('install', '-y', ...beside, '--set', 'profile=demo');
      expect(again.stdout).not.toMatch(/created|changed(?<!unchanged)/);
      // What nobody named and nobody was asked about is not taken away.
      const unnamed = await run('install', '-y', ...beside);
      expect([unnamed.code, unnamed.stdout, unnamed.stderr]).toEqual([
        ...[1, '', expect.stringMatching(/OR2516 .*Deployment istio-system\/istio-egressgateway/)],
      ]);
      const asked = await run('install', ...beside);
      expect(asked.stdout).toMatch(
        /^‼ This removes .*Deployment istio-system\/istio-egressgateway.*\n[\s\S]*Proceed\?/,
      );
      expect((await run('install', '--dry-run', ...beside)).stderr).toMatch(/would remove: .*istio-egressgateway/);
      const less = await run('install', '-y', ...beside, '--set', 'profile=minimal');
      expect(less.stdout.indexOf('‼ This removes')).toBe(0);
      expect(less.stdout).toMatch(/Removed.*Deployment istio-system\/istio-egressgateway/);
      const { items = [] } = await cluster().api.must('GET', collectionPath('Deployment', 'istio-system'));
      expect(items).toEqual([]);
    });

    test('while another installs, nobody else does; one that was killed gives way', async () => {
      const path = collectionPath('Lease', 'outrigger-system');
      const lease = (time: Date) => ({
        metadata: { name: 'outrigger-install' },
        spec: {
          holderIdentity: 'ann@desk',
          leaseDurationSeconds: 30,
          renewTime: time.toISOString().replace('Z', '000Z'),
        },
      });
      await cluster().api.must('POST', path, lease(new Date()));
      const busy = await run('install', '-y', ...beside, '--set', 'profile=minimal');
      const said = [1, expect.stringContaining('OR2506 ann@desk changes the installation')];
      expect([busy.code, busy.stderr]).toEqual(said);
      const before = await versions(cluster());
      const gone = await run('uninstall', '-y');
      expect([gone.code, gone.stderr]).toEqual(said);
      expect(await versions(cluster())).toEqual(before);
      await cluster().api.must('DELETE', `${path}/outrigger-install`);
      await cluster().api.must('POST', path, lease(new Date(Date.now() - 60_000)));
      expect((await run('install', '-y', ...beside, '--set', 'profile=minimal')).code).toBe(0);
      expect((await cluster().api.call('GET', `${path}/outrigger-install`)).status).toBe(404);
    });

    test('the control plane runs on it, checks are well, and nothing of it drifts', async () => {
      const installed = await versions(cluster());
      child = await serveBeside(cluster(), 'installed', port);
      await makeNamespace(cluster(), 'installed', { labels: { 'istio-injection': 'enabled' } });
      const pod = await waitFor(
        async () => {
          const answer = await cluster().api.call('POST', podsPath('installed'), { body: podOf({ name: 'web' }) });
          return answer.status === 201 ? answer.body : undefined;
        },
        { what: 'a pod' },
      );
      expect(JSON.stringify(pod.spec)).toContain('"name":"istio-proxy"');
      const well = await waitFor(
        async () => {
          const found = await check();
          return found.success ? found : undefined;
        },
        { what: 'every check to be well', timeoutMs: 60_000, everyMs: 1000 },
      );
      expect(well.checks.map(({ text }) => text)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^Control plane: \d+ as installed/),
          expect.stringMatching(/^the webhook injects/),
          expect.stringMatching(/^the root of the mesh is valid for 36\d\d days/),
          'the caBundle of outrigger-sidecar-injector holds the root of the webhook',
        ]),
      );
      expect((await run('verify-install')).code).toBe(0);
      expect(await versions(cluster())).toEqual(installed);
      const { stdout } = await run('version');
      expect(stdout).toMatch(/control plane version: none[\s\S]*data plane version: 0\.1\.0 \(\d+ prox(y|ies)\)/);
    });

    test('what was changed, deleted or went out is told with a remedy', async () => {
      const deployment = `${collectionPath('Deployment', 'outrigger-system')}/outrigger`;
      await cluster().kubectl(['-n', 'outrigger-system', 'delete', 'pdb', 'outrigger']);
      await cluster().kubectl(['-n', 'outrigger-system', 'scale', 'deployment', 'outrigger', '--replicas=1']);
      await child?.stop('SIGKILL');
      const { success, checks } = await check();
      const failed = checks.filter(({ state }) => state === 'failed');
      expect([success, failed.map(({ text }) => text)]).toEqual([
        false,
        expect.arrayContaining([
          'PodDisruptionBudget outrigger-system/outrigger is there',
          'Deployment outrigger-system/outrigger is as installed',
          expect.stringMatching(/^the webhook injects/),
        ]),
      ]);
      expect(failed.filter(({ hint, reason }) => hint === undefined || reason === undefined)).toEqual([]);
      // A change of somebody's is not overwritten unasked.
      const conflict = await run('install', '-y', ...beside, '--set', 'profile=minimal');
      expect([conflict.code, conflict.stderr]).toEqual([
        1,
        expect.stringMatching(/OR2505 Deployment outrigger-system\/outrigger.*kubectl/),
      ]);
      expect((await run('install', '-y', '--force', ...beside, '--set', 'profile=minimal')).code).toBe(0);
      expect((await cluster().api.must('GET', deployment)).spec?.['replicas']).toBe(0);
    });

    test('uninstall without one right removes nothing; an API server that goes in the middle is said, and the next goes on', async () => {
      await makeNamespace(cluster(), 'poor-remover');
      const rule = (apiGroups: string[], resources: string[], verbs: string[]) => ({ apiGroups, resources, verbs });
      await cluster().api.must('POST', collectionPath('ClusterRole'), {
        metadata: { name: 'poor-remover' },
        rules: [
          rule(['*'], ['*'], ['get', 'list', 'watch', 'patch', 'create', 'update']),
          rule(['', 'apps', 'policy', 'autoscaling', 'networking.k8s.io', 'coordination.k8s.io'], ['*'], ['delete']),
          rule(['admissionregistration.k8s.io', 'apiextensions.k8s.io'], ['*'], ['delete']),
        ],
      } as unknown as ApiObject);
      await cluster().kubectl(
        'create clusterrolebinding poor-remover --clusterrole=poor-remover --serviceaccount=poor-remover:default'.split(
          ' ',
        ),
      );
      const token = await cluster().serviceAccountToken('poor-remover', 'default');
      const poor = await cluster().writeKubeconfig('poor-remover', { token });
      const there = await everything(cluster());
      const refused = await runOutrigger(['uninstall', '-y', '--kubeconfig', poor]);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/OR2503 you may not delete.*clusterroles\.rbac\.authorization\.k8s\.io/),
      ]);
      expect(await everything(cluster())).toEqual(there);
      for (const kind of ['clusterrole', 'clusterrolebinding', 'namespace'])
        await cluster().kubectl(['delete', kind, 'poor-remover', '--wait=true']);
      if (!cluster().owned) return;
      const { command, args } = outriggerCommand(['uninstall', '-y', '--kubeconfig', cluster().kubeconfig]);
      const half = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      half.stderr.on('data', (chunk) => {
        said += chunk;
      });
      await new Promise<void>((resolve) => {
        let told = '';
        half.stdout.on('data', (chunk) => {
          told += chunk;
          if (told.includes('✔ Webhooks')) resolve();
        });
        half.once('close', () => resolve());
      });
      await cluster().stopApiServer('SIGKILL');
      const [code] = await once(half, 'close');
      expect([code, said]).toEqual([
        1,
        expect.stringMatching(/OR2508 done: Webhooks.*OR1630[\s\S]*run the same command/),
      ]);
      await cluster().startApiServer();
      // Nobody could let the next one in: half a minute would do it, too.
      await cluster().api.call('DELETE', `${collectionPath('Lease', 'outrigger-system')}/outrigger-install`);
    });

    test('uninstall takes all of it and nothing else', async () => {
      const kept = {
        apiVersion: 'security.istio.io/v1',
        kind: 'PeerAuthentication',
        metadata: { name: 'mine' },
        spec: {},
      };
      const path = '/apis/security.istio.io/v1/namespaces/istio-system/peerauthentications';
      await cluster().api.must('POST', path, kept);
      const plain = await run('uninstall', '-y');
      expect([plain.code, plain.stderr]).toEqual([0, '']);
      expect(plain.stdout).toMatch(/\d+ pods keep a proxy that nobody configures any more: /);
      expect(plain.stdout).toContain('Namespace istio-system stays, for it holds peerauthentications/mine');
      expect((await cluster().api.call('GET', `${path}/mine`)).status).toBe(200);
      const purge = await run('uninstall', '--purge', '-y');
      expect(purge.stdout).toContain('1 resources go with their kinds: PeerAuthentication istio-system/mine');
      await cluster().kubectl(['delete', 'ns', 'installed', '--wait=true']);
      expect(await everything(cluster())).toEqual(before);
      expect((await run('uninstall', '--purge', '-y')).stdout).toContain('Nothing of Outrigger is in');
    });
  });
}

const istioWebhook = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'istio-sidecar-injector', labels: { app: 'sidecar-injector' } },
  webhooks: [
    {
      name: 'namespace.sidecar-injector.istio.io',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      failurePolicy: 'Ignore',
      clientConfig: { url: 'https://127.0.0.1:1/inject' },
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
      namespaceSelector: { matchExpressions: [{ key: 'istio-injection', operator: 'In', values: ['enabled'] }] },
    },
  ],
};

const kinds = Object.keys(kindPlaces).filter((kind) => !['Lease', 'Pod'].includes(kind)) as KnownKind[];

async function listed(cluster: Cluster, kind: KnownKind): Promise<[string, ApiObject][]> {
  const { items = [] } = await cluster.api.must('GET', collectionPath(kind));
  return items.map((item) => [`${kind} ${item.metadata?.namespace ?? ''}/${item.metadata?.name}`, item]);
}

/** Names of all that an installation could touch. */
async function everything(cluster: Cluster): Promise<string[]> {
  const names = (await Promise.all(kinds.map((kind) => listed(cluster, kind)))).flat().map(([name]) => name);
  // Left by other cases, and on their way out.
  return names.filter((name) => !/ (poor|installed)\/| \/(poor|installed)$/.test(name)).sort();
}

/** The version of each object that was installed: any write of anybody makes it another, but of a status where there is a generation. */
async function versions(cluster: Cluster): Promise<Record<string, unknown>> {
  const all = (await Promise.all(kinds.map((kind) => listed(cluster, kind)))).flat();
  const own = all.filter(([, item]) => item.metadata?.labels?.['app.kubernetes.io/part-of'] === 'outrigger');
  return Object.fromEntries(
    own.map(([name, item]) => [name, item.metadata?.['generation'] ?? item.metadata?.resourceVersion]),
  );
}
