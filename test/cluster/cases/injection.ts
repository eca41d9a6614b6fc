import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crdFolder } from '../../../src/schema/generate-crds.ts';
import type { ApiObject } from '../api.ts';
import { waitFor } from '../child.ts';
import { makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { installMesh, type Mesh } from '../mesh.ts';
import { loadCases } from './load.ts';
import { outageCases } from './outage.ts';

const inject = 'sidecar.istio.io/inject';
const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));

/** Whether a pod has the proxy, as a container or as a native sidecar. */
export function isInjected(pod: ApiObject): boolean {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers].some((container) => container.name === 'istio-proxy');
}

function proxyOf(pod: ApiObject) {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers].find((container) => container.name === 'istio-proxy');
}

export function injectionCases(cluster: () => Cluster): void {
  describe('injection by the real program', () => {
    let mesh: Mesh | undefined;
    const running = (): Mesh => {
      if (mesh === undefined) throw new Error('the mesh is not installed');
      return mesh;
    };
    const create = async (namespace: string, shape: Parameters<typeof podOf>[0], query = '') =>
      cluster().api.call('POST', `${podsPath(namespace)}${query}`, { body: podOf(shape) });

    beforeAll(async () => {
      mesh = await installMesh(cluster());
      await mesh.start();
      await makeNamespace(cluster(), 'meshed', { labels: { 'istio-injection': 'enabled' } });
      await makeNamespace(cluster(), 'plain');
      await makeNamespace(cluster(), 'linkerd', { annotations: { 'linkerd.io/inject': 'enabled' } });
      const probe = async () =>
        isInjected((await create('meshed', { name: 'probe' }, '?dryRun=All')).body) || undefined;
      await waitFor(probe, { what: 'the first injection' });
    });
    afterAll(() => mesh?.uninstall());

    test.each([
      ['a labelled namespace', 'meshed', {}, true],
      ['the opt-out annotation', 'meshed', { annotations: { [inject]: 'false' } }, false],
      ['the opt-out label', 'meshed', { labels: { [inject]: 'false' } }, false],
      ['the opt-in annotation alone', 'plain', { annotations: { [inject]: 'true' } }, true],
      ["Linkerd's annotation alone", 'plain', { annotations: { 'linkerd.io/inject': 'enabled' } }, true],
      ['the opt-in label', 'plain', { labels: { [inject]: 'true' } }, true],
      [
        'label true against annotation false',
        'meshed',
        { labels: { [inject]: 'true' }, annotations: { [inject]: 'false' } },
        true,
      ],
      [
        'label false against annotation true',
        'meshed',
        { labels: { [inject]: 'false' }, annotations: { [inject]: 'true' } },
        false,
      ],
      ['nothing at all', 'plain', {}, false],
      ['the network of the node', 'meshed', { hostNetwork: true }, false],
      ['a system namespace', 'kube-system', { labels: { [inject]: 'true' } }, false],
    ])('%s', async (_, namespace, shape, wanted) => {
      const answer = await create(namespace, { name: `case-${Math.random().toString(36).slice(2)}`, ...shape });
      expect([answer.status, answer.body.message]).toEqual([201, undefined]);
      expect(isInjected(answer.body)).toBe(wanted);
    });

    test('a namespace annotated for Linkerd, by its mirrored label', async () => {
      const probe = async () =>
        isInjected((await create('linkerd', { name: 'probe' }, '?dryRun=All')).body) || undefined;
      await waitFor(probe, { what: 'the mirrored label to be in use' });
      const out = await create('linkerd', { name: 'out', annotations: { 'linkerd.io/inject': 'disabled' } });
      expect(isInjected(out.body)).toBe(false);
    });

    test('Pod Security restricted has nothing against the sidecar but istio-init, and refuses the pod with the reason', async () => {
      const labels = { 'istio-injection': 'enabled', 'pod-security.kubernetes.io/warn': 'restricted' };
      await makeNamespace(cluster(), 'audited', { labels });
      const securityContext = {
        runAsNonRoot: true,
        runAsUser: 1000,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      };
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'strict' },
        spec: { containers: [{ name: 'app', image: 'example/app:1', securityContext }] },
      };
      const apply = (namespace: string) =>
        cluster().kubectl(['apply', '--dry-run=server', '-n', namespace, '-f', '-'], { input: JSON.stringify(pod) });
      const warned = await apply('audited');
      expect(warned.code).toBe(0);
      expect(warned.stderr).toMatch(/would violate PodSecurity "restricted/);
      expect(warned.stderr).toContain('istio-init');
      expect(warned.stderr).not.toContain('istio-proxy');
      const enforced = { 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'baseline' };
      await makeNamespace(cluster(), 'enforced', { labels: enforced });
      const refused = await apply('enforced');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /Warning: Namespace enforced enforces Pod Security "baseline" and will refuse this pod/,
      );
      expect(refused.stderr).toMatch(/forbidden: violates PodSecurity/);
    });

    test('a ProxyConfig of its namespace, once it is read', async () => {
      const crd = join(crdFolder, 'networking.istio.io_proxyconfigs.yaml');
      const applied = await cluster().kubectl(['apply', '-f', crd]);
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      try {
        const spec = { environmentVariables: { MARK: 'of-the-namespace' } };
        const object = {
          apiVersion: 'networking.istio.io/v1beta1',
          kind: 'ProxyConfig',
          metadata: { name: 'mark' },
          spec,
        };
        const make = async () => {
          const made = await cluster().kubectl(['-n', 'meshed', 'apply', '-f', '-'], { input: JSON.stringify(object) });
          return made.code === 0 || undefined;
        };
        await waitFor(make, { what: 'the kind to be served' });
        const marked = async () => {
          const proxy = proxyOf((await create('meshed', { name: 'marked' }, '?dryRun=All')).body);
          return JSON.stringify(proxy).includes('"of-the-namespace"') || undefined;
        };
        // A kind that was not there is looked for again after a while.
        await waitFor(marked, { what: 'the ProxyConfig to be in use', timeoutMs: 90_000 });
      } finally {
        await cluster().kubectl(['delete', '--ignore-not-found', '-f', crd]);
      }
    }, 120_000);

    test('the meshConfig of the ConfigMap istio, while the program runs', async () => {
      const place = '/api/v1/namespaces/outrigger-system/configmaps';
      const mesh = 'defaultConfig: {proxyMetadata: {MARK: of-the-mesh}}';
      await cluster().api.must('POST', place, { metadata: { name: 'istio' }, data: { mesh } });
      const marked = async () => {
        const proxy = proxyOf((await create('meshed', { name: 'marked-by-mesh' }, '?dryRun=All')).body);
        return JSON.stringify(proxy).includes('"of-the-mesh"');
      };
      await waitFor(async () => (await marked()) || undefined, { what: 'the meshConfig to be in use' });
      await cluster().api.must('DELETE', `${place}/istio`);
      await waitFor(async () => !(await marked()) || undefined, { what: 'the end of it' });
    });

    test('generateName', async () => {
      const answer = await create('meshed', { generateName: 'made-' });
      expect(answer.body.metadata?.name).toMatch(/^made-.+/);
      expect(isInjected(answer.body)).toBe(true);
    });

    test('a misspelt value is answered with a warning', async () => {
      const input = JSON.stringify(podOf({ name: 'misspelt', annotations: { [inject]: 'True' } }));
      const answer = await cluster().kubectl(['-n', 'plain', 'apply', '-f', '-'], { input });
      expect(answer.stderr).toMatch(/Warning: .*True/);
      expect(answer.code).toBe(0);
    });

    test('a bad annotation refuses the pod, with the key and what would be right', async () => {
      const bad = { 'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0/33' };
      const answer = await create('meshed', { name: 'bad', annotations: bad });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body.message).toMatch(/OR\d{4}.*includeOutboundIPRanges/);
    });

    test('kubectl apply --dry-run=server shows the injected pod and leaves nothing behind', async () => {
      await makeNamespace(cluster(), 'dry', { labels: { 'istio-injection': 'enabled' } });
      const pods = ['ok', 'yes'].map((name) => podOf({ name, labels: name === 'yes' ? { [inject]: 'yes' } : {} }));
      for (const pod of pods) {
        const input = JSON.stringify(pod);
        const answer = await cluster().kubectl(['-n', 'dry', 'apply', '--dry-run=server', '-o', 'json', '-f', '-'], {
          input,
        });
        expect(isInjected(JSON.parse(answer.stdout))).toBe(true);
      }
      // An Event about a later, real pod shows that earlier ones would have been there by now.
      await create('dry', { name: 'real', labels: { [inject]: 'yes' } });
      const events = await waitForEvents(cluster(), 'dry');
      expect(events.map((event) => event.message)).toEqual([expect.stringContaining('real')]);
    });

    test('server-side apply, twice', async () => {
      const input = JSON.stringify(podOf({ name: 'ssa' }));
      const apply = () => cluster().kubectl(['-n', 'meshed', 'apply', '--server-side', '-f', '-'], { input });
      expect((await apply()).stderr).toBe('');
      const again = await apply();
      expect([again.code, again.stderr]).toEqual([0, '']);
      expect(isInjected(await cluster().api.must('GET', `${podsPath('meshed')}/ssa`))).toBe(true);
    });

    test('a Deployment through the controller manager, and an Event on the owner of its refused pods', async () => {
      const deploy = (name: string, annotations: Record<string, string>) => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: name } },
          template: { metadata: { labels: { app: name }, annotations }, spec: podOf({}).spec },
        },
      });
      await cluster().api.must('POST', '/apis/apps/v1/namespaces/meshed/deployments', deploy('good', {}));
      const pods = await waitForPods(cluster(), 'meshed', 'app=good', 2);
      expect(pods.map(isInjected)).toEqual([true, true]);
      const bad = { 'sidecar.istio.io/proxyCPU': 'much' };
      await cluster().api.must('POST', '/apis/apps/v1/namespaces/meshed/deployments', deploy('bad', bad));
      const events = await waitFor(
        async () => {
          const found = (await eventsOf(cluster(), 'meshed')).filter((event) => event.reason === 'InjectionRejected');
          const ofOwner = found.filter((event) => event.involvedObject.kind === 'ReplicaSet');
          return ofOwner.length > 0 ? ofOwner : undefined;
        },
        { what: 'the Event on the ReplicaSet' },
      );
      expect(events[0]).toMatchObject({ type: 'Warning', message: expect.stringMatching(/OR\d{4}.*proxyCPU/) });
      const described = await cluster().kubectl(['-n', 'meshed', 'describe', 'rs', '-l', 'app=bad']);
      expect(described.stdout).toContain('InjectionRejected');
    });

    const examples = existsSync(shared) ? filesWithPods() : [];
    if (examples.length === 0)
      console.warn('test/cluster, examples skipped: the folder with the shared examples is absent');
    test.each(examples)('$name is accepted unmodified and injected as expected', async ({ name, path, pods }) => {
      const namespace = `ex-${name.replace(/[^a-z0-9]+/g, '-').slice(0, 40)}`;
      await makeNamespace(cluster(), namespace, { labels: { 'istio-injection': 'enabled' } });
      const applied = await cluster().kubectl(['-n', namespace, 'apply', '-f', path]);
      expect([applied.code, applied.stderr.replace(/^Warning: .*\n/gm, '')]).toEqual([0, '']);
      const found = await waitForPods(cluster(), namespace, '', pods);
      for (const pod of found) {
        const wanted = pod.metadata?.annotations?.[inject] !== 'false';
        expect([pod.metadata?.name, isInjected(pod)]).toEqual([pod.metadata?.name, wanted]);
      }
      const checkout = found.find((pod) => pod.metadata?.name === 'checkout');
      if (checkout !== undefined) {
        expect(proxyOf(checkout)?.resources).toEqual({
          requests: { cpu: '100m', memory: '512Mi' },
          limits: { cpu: '2', memory: '1Gi' },
        });
      }
    });

    test.skipIf(examples.length === 0)('annotations of a namespace give its pods their resources', async () => {
      const path = join(shared, 'examples/003-16-namespace.yaml');
      expect((await cluster().kubectl(['apply', '-f', path])).code).toBe(0);
      const probe = async () => {
        const answer = await create('default', { name: 'probe', labels: { [inject]: 'true' } }, '?dryRun=All');
        const { requests } = (proxyOf(answer.body)?.resources ?? {}) as { requests?: Record<string, string> };
        return (requests?.cpu === '100m' && requests.memory === '128Mi') || undefined;
      };
      await waitFor(probe, { what: 'the resources that the namespace asks for' });
    });

    loadCases(cluster, running);
    outageCases(cluster, running);
  });
}

interface ApiEvent {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly involvedObject: { kind: string; name: string };
  readonly source?: { component?: string };
}

async function eventsOf(cluster: Cluster, namespace: string): Promise<ApiEvent[]> {
  const list = await cluster.api.must('GET', `/api/v1/namespaces/${namespace}/events`);
  const events = (list.items ?? []) as unknown as ApiEvent[];
  return events.filter((event) => event.source?.component === 'outrigger');
}

async function waitForEvents(cluster: Cluster, namespace: string): Promise<ApiEvent[]> {
  const some = async () => {
    const events = await eventsOf(cluster, namespace);
    return events.length > 0 ? events : undefined;
  };
  return waitFor(some, { what: `an Event in ${namespace}` });
}

async function waitForPods(cluster: Cluster, namespace: string, selector: string, count: number): Promise<ApiObject[]> {
  const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
  const enough = async () => {
    const { items = [] } = await cluster.api.must('GET', `${podsPath(namespace)}${query}`);
    return items.length >= count ? items : undefined;
  };
  return waitFor(enough, { what: `${count} pods in ${namespace}` });
}

/** The files with a pod in them, and how many pods each makes. */
function filesWithPods(): { name: string; path: string; pods: number }[] {
  const folder = join(shared, 'examples');
  const paths = [...readdirSync(folder).map((name) => join(folder, name)), join(shared, 'samples/bookinfo.yaml')];
  return paths.flatMap((path) => {
    const text = path.endsWith('.yaml') ? readFileSync(path, 'utf8') : '';
    const pods = text.match(/^kind: Pod$/gm)?.length ?? 0;
    const deployments = text.match(/^kind: Deployment$/gm)?.length ?? 0;
    const replicas = [...text.matchAll(/^ {2}replicas: (\d+)$/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
    const name = path.split('/').at(-1)?.replace('.yaml', '') ?? '';
    return pods + deployments === 0 ? [] : [{ name, path, pods: pods + Math.max(deployments, replicas) }];
  });
}
