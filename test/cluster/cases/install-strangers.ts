import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partLabel } from '../../../src/install/build-manifests.ts';
import { collectionPath, kindPlaces } from '../../../src/install/object-path.ts';
import { freePorts } from '../child.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';

const crds = collectionPath('CustomResourceDefinition');
const name = 'serviceentries.networking.istio.io';

/** What is not as an installation would have it, and is nobody's fault: clocks, and kinds of another mesh. */
export function installStrangerCases(cluster: () => Cluster): void {
  describe('install beside what it does not know', () => {
    let beside: string[] = [];

    beforeAll(async () => {
      const [port] = await freePorts(1);
      beside = ['--set', `webhookUrl=https://${cluster().host}:${port},replicas=0,profile=minimal`];
    });
    afterAll(async () => {
      await run('uninstall', '--purge', '-y');
      if (cluster().owned) await cluster().api.call('DELETE', `${crds}/${name}`);
    });
    const run = (...args: string[]) => runOutrigger([...args, '--kubeconfig', cluster().kubeconfig]);
    const gone = () =>
      expect
        .poll(async () => (await cluster().api.call('GET', `${crds}/${name}`)).status, { timeout: 30_000 })
        .toBe(404);
    const runAt = (shiftMs: number, ...args: string[]) =>
      runOutrigger([...args, '--kubeconfig', cluster().kubeconfig], '', clockShiftedBy(shiftMs));

    test('a clock that is hours wrong is refused before anything is changed; minutes are told, and certificates hold', async () => {
      const before = await installed(cluster());
      const refused = await runAt(2.25 * 3_600_000, 'install', '-y', ...beside);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/OR2514 .*2 h ahead of the API server[\s\S]*NTP/),
      ]);
      expect(await installed(cluster())).toEqual(before);
      const pre = await runAt(-2.25 * 3_600_000, 'check', '--pre');
      expect([pre.code, pre.stdout]).toEqual([
        1,
        expect.stringMatching(/× its clock is ours\n.*2 h behind the API server\n {4}hint: .*NTP/),
      ]);
      // Ten minutes ahead: made by this clock, they would not be valid yet.
      const told = await runAt(600_000, 'install', '-y', ...beside);
      expect([told.code, told.stderr]).toEqual([0, '']);
      expect(told.stdout).toMatch(/‼ The clocks disagree: this machine is 10 min ahead of the API server/);
      const path = `${collectionPath('Secret', 'outrigger-system')}/outrigger-webhook-root`;
      const { data = {} } = (await cluster().api.must('GET', path)) as { data?: Record<string, string> };
      const pems = Object.values(data).map((text) => Buffer.from(text, 'base64').toString());
      const begins = pems
        .filter((pem) => pem.includes('BEGIN CERTIFICATE'))
        .map((pem) => new X509Certificate(pem).validFromDate.getTime());
      expect(begins.length).toBeGreaterThan(0);
      for (const begin of begins) expect(begin).toBeLessThan(Date.now());
      expect((await run('install', '-y', ...beside)).code).toBe(0);
    });

    test("kinds of another mesh that are too old are named; new ones stay that mesh's, also when we go", async () => {
      if (!cluster().owned) return;
      expect((await run('uninstall', '--purge', '-y')).code).toBe(0);
      await gone();
      await cluster().api.must('POST', crds, foreignCrd(['v1alpha3', 'v1beta1']));
      const refused = await run('install', '-y', ...beside);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/OR2511 .*serviceentries\.networking\.istio\.io does not serve v1\n.*Istio 1\.22/),
      ]);
      await cluster().api.must('DELETE', `${crds}/${name}`);
      await gone();
      await cluster().api.must('POST', crds, foreignCrd(['v1alpha3', 'v1beta1', 'v1']));
      const { metadata } = await cluster().api.must('GET', `${crds}/${name}`);
      const whole = await run('install', '-y', ...beside);
      expect([whole.code, whole.stderr]).toEqual([0, '']);
      expect(whole.stdout).toMatch(/Custom resource definitions \(.*1 kept as another made them\)/);
      const checked = await run('verify-install', '-o', 'json');
      expect(checked.stdout).not.toMatch(/serviceentries/);
      expect((await run('uninstall', '--purge', '-y')).code).toBe(0);
      const after = await cluster().api.must('GET', `${crds}/${name}`);
      expect([after.metadata?.uid, after.metadata?.labels]).toEqual([metadata?.uid, metadata?.labels]);
      const { items = [] } = await cluster().api.must('GET', crds);
      expect(items.map((item) => item.metadata?.name)).not.toContain('virtualservices.networking.istio.io');
    });
  });
}

/** The clock of Node alone: that of its TLS stays, as the connection is not what is tried here. */
function clockShiftedBy(shiftMs: number): Record<string, string> {
  const script = `const Real = Date; globalThis.Date = class Date extends Real {
    constructor(...given) { given.length === 0 ? super(Real.now() + ${shiftMs}) : super(...given); }
    static now() { return Real.now() + ${shiftMs}; } };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

/** As Istio's chart makes it, without what is in it. */
function foreignCrd(versions: readonly string[]): object {
  const [stored] = versions.slice(-1);
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, labels: { app: 'istio-pilot', release: 'istio', 'app.kubernetes.io/managed-by': 'Helm' } },
    spec: {
      group: 'networking.istio.io',
      scope: 'Namespaced',
      names: { kind: 'ServiceEntry', listKind: 'ServiceEntryList', plural: 'serviceentries', singular: 'serviceentry' },
      versions: versions.map((version) => ({ name: version, served: true, storage: version === stored, schema })),
    },
  };
}

/** What is there of ours, as `<kind> <name>`. */
async function installed({ api }: Cluster): Promise<string[]> {
  const kinds = (Object.keys(kindPlaces) as (keyof typeof kindPlaces)[]).filter((kind) => kind !== 'Lease');
  const query = `labelSelector=${partLabel.key}%3D${partLabel.value}`;
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { items = [] } = await api.must('GET', `${collectionPath(kind)}?${query}`);
      return items.map(({ metadata }) => `${kind} ${metadata?.name} ${metadata?.resourceVersion}`);
    }),
  );
  return lists.flat().sort();
}
