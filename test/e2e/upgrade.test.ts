import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';
import { type HandsOn, startHandsOn } from './hands-on.ts';
import { isSkipped } from './prerequisites.ts';
import type { Session } from './session.ts';

const resources = 'test/e2e/resources';
const soon = { timeout: 60_000, interval: 250 };

/** A new revision beside the one that runs, as Istio's canary upgrades go: each test goes on where the last one ended. */
describe.skipIf(isSkipped)('an upgrade by revisions', () => {
  let handsOn: HandsOn | undefined;
  let session: Session;

  beforeAll(async () => {
    handsOn = await startHandsOn();
    session = handsOn.session;
  });

  afterAll(() => handsOn?.stop());

  /** The proxies of a namespace by the revision of the control plane that serves them. */
  async function servedBy(namespace: string): Promise<Record<string, number>> {
    const { stdout } = await session.type(`outrigger proxy-status -n ${namespace} -o json`);
    const counts: Record<string, number> = {};
    for (const { replica = 'nobody' } of JSON.parse(stdout || '[]') as { replica?: string }[]) {
      const revision = replica.replace(/^outrigger-canary-.*/, 'canary').replace(/^outrigger-.*/, 'default');
      counts[revision] = (counts[revision] ?? 0) + 1;
    }
    return counts;
  }

  const kinds =
    'deploy,svc,sa,cm,secret,pdb,networkpolicies,roles,rolebindings,clusterroles,clusterrolebindings,crd,ns,mutatingwebhookconfigurations,validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings';

  /** All that was installed but for the canary, as it was asked for. */
  async function installed(): Promise<unknown[]> {
    const text = await session.must(
      `kubectl get ${kinds} -A -l app.kubernetes.io/part-of=outrigger,outrigger.io/rev!=canary -o json`,
    );
    const { items } = JSON.parse(text) as { items: { kind: string; metadata: Record<string, unknown> }[] };
    return items.map(({ metadata: { name, namespace, uid, labels }, ...object }) => ({
      ...{ ...object, metadata: { name, namespace, uid, labels } },
      status: undefined,
    }));
  }

  const podsOf = async (revision: string): Promise<string> =>
    session.must(`kubectl get pods -n outrigger-system -l outrigger.io/rev=${revision} -o name`);

  const cart = 'deploy/cart -n shop';
  const shelf = 'deploy/shelf -n stock';

  /** Requests all the time while `change` goes on, and how they ended. */
  async function under(change: () => Promise<void>): Promise<Pick<LoadResult, 'statuses' | 'errors'>> {
    const stop = { over: false };
    const rounds = (async () => {
      const all: LoadResult[] = [];
      while (!stop.over)
        all.push(
          await session.load(cart, 'cart', {
            ...{ url: 'http://shelf.stock:9080/', forMs: 3000, rate: 60, concurrency: 8 },
          }),
        );
      return all;
    })();
    try {
      await change();
    } finally {
      stop.over = true;
    }
    const results = await rounds;
    const sum = (of: 'statuses' | 'errors') => {
      const total: Record<string, number> = {};
      for (const result of results)
        for (const [key, count] of Object.entries(result[of])) total[key] = (total[key] ?? 0) + count;
      return total;
    };
    return { statuses: sum('statuses'), errors: sum('errors') };
  }

  async function moveStock(labels: string): Promise<void> {
    await session.must(`kubectl label namespace stock ${labels}`);
    await session.must('kubectl rollout restart deploy/shelf -n stock');
    await session.must('kubectl rollout status deploy/shelf -n stock --timeout=90s');
    // Until those of before are gone, too.
    await expect
      .poll(async () => (await session.must('kubectl get pods -n stock --no-headers')).trim().split('\n').length, soon)
      .toBe(2);
  }

  let before: unknown[] = [];
  let podsBefore = '';

  test('the default revision serves two namespaces under STRICT', async () => {
    await session.must('outrigger install --set profile=minimal -y');
    await session.must(`kubectl apply -f ${resources}/two-namespaces.yaml`);
    await session.must('kubectl rollout status deploy/cart -n shop --timeout=60s');
    await session.must('kubectl rollout status deploy/shelf -n stock --timeout=60s');
    await expect.poll(() => servedBy('shop'), soon).toEqual({ default: 2 });
    await expect.poll(() => servedBy('stock'), soon).toEqual({ default: 2 });
    before = await installed();
    podsBefore = await podsOf('default');
    expect(before.length).toBeGreaterThan(20);
  });

  test('a canary beside it takes nothing from it', async () => {
    const load = await under(async () => {
      const told = await session.must('outrigger install --revision canary --set profile=minimal,revisionTags=prod -y');
      expect(told).toMatch(/✔ Control plane/);
    });
    expect(load).toEqual({ statuses: { 200: expect.any(Number) }, errors: {} });
    expect(await installed()).toEqual(before);
    expect(await podsOf('default')).toBe(podsBefore);
    expect((await podsOf('canary')).trim().split('\n')).toHaveLength(2);
    const version = await session.must('outrigger version');
    expect(version).toMatch(/\(revision default\)/);
    expect(version).toMatch(/\(revision canary\)/);
    await session.must('outrigger verify-install --revision canary');
    // New pods are the default's as before.
    await session.must('kubectl scale deploy/cart -n shop --replicas=3');
    await session.must('kubectl rollout status deploy/cart -n shop --timeout=60s');
    await expect.poll(() => servedBy('shop'), soon).toEqual({ default: 3 });
  });

  test('one namespace moves over under load, and no request fails', async () => {
    // By a tag, which stays the name when the revision behind it is another one day.
    const load = await under(() => moveStock('istio-injection- istio.io/rev=prod'));
    expect(load).toEqual({ statuses: { 200: expect.any(Number) }, errors: {} });
    expect(load.statuses[200]).toBeGreaterThan(100);
    await expect.poll(() => servedBy('stock'), soon).toEqual({ canary: 2 });
    await expect.poll(() => servedBy('shop'), soon).toEqual({ default: 3 });
    const removal = await session.must('outrigger uninstall --revision canary --dry-run');
    expect(removal).toMatch(/2 pods keep a proxy .*: stock\/shelf-\S+, stock\/shelf-\S+$/m);
    expect(removal).toMatch(/New pods of stock \(prod\) would get no proxy/);
    const version = await session.must('outrigger version');
    expect(version).toMatch(/data plane version: 0\.1\.0 \(5 proxies\)/);
  });

  test('a tag is of one revision: another that would take it is refused, and changes nothing', async () => {
    const taken = await session.type('outrigger install --set profile=minimal,revisionTags=prod -y');
    expect(taken.code).toBe(1);
    expect(taken.stdout + taken.stderr).toMatch(
      /OR2504 .*Outrigger of revision canary.* istio\.io\/rev=prod[\s\S]*outrigger tag set/,
    );
    expect((await session.type('outrigger tag set prod --revision default')).stderr).toContain('OR2517');
    expect(await installed()).toEqual(before);
  });

  test("a tag moves to the other revision and back under load: new pods are that one's, and none is without a proxy", async () => {
    const load = await under(async () => {
      for (const revision of ['default', 'canary']) {
        const told = await session.must(`outrigger tag set prod --revision ${revision} --overwrite`);
        const restart = /`(kubectl rollout restart deployment -n stock)`/.exec(told)?.[1] ?? '';
        await session.must(restart);
        await session.must('kubectl rollout status deploy/shelf -n stock --timeout=90s');
        await expect.poll(() => servedBy('stock'), soon).toEqual({ [revision]: 2 });
      }
    });
    expect(load).toEqual({ statuses: { 200: expect.any(Number) }, errors: {} });
    expect(await session.must('outrigger tag list')).toMatch(/^TAG .*\nprod\s+canary\s+stock\n$/);
    await session.must('outrigger verify-install --revision canary');
    // What is installed once more keeps the tags that it has.
    await session.must('outrigger install --revision canary -y');
    expect(await session.must('outrigger tag list')).toMatch(/\nprod\s+canary/);
    expect(await installed()).toEqual(before);
  });

  test('both speak mutual TLS with each other, and each knows who the other is', async () => {
    await session.must(`kubectl apply -f ${resources}/outside.yaml -f ${resources}/only-each-other.yaml`);
    const answers = async (from: string, host: string) => {
      const container = from === cart ? 'cart' : 'shelf';
      return (await session.load(from, container, { url: `http://${host}:9080/`, n: 10 })).statuses;
    };
    // Who is of the same namespace is refused: the rules hold.
    await expect.poll(() => answers(shelf, 'shelf.stock'), soon).toEqual({ 403: 10 });
    await expect.poll(() => answers(cart, 'cart.shop'), soon).toEqual({ 403: 10 });
    expect(await answers(cart, 'shelf.stock')).toEqual({ 200: 10 });
    expect(await answers(shelf, 'cart.shop')).toEqual({ 200: 10 });
    await session.must('kubectl rollout status deploy/sleep -n outside --timeout=60s');
    for (const host of ['shelf.stock', 'cart.shop']) {
      const plain = await session.type(`kubectl exec deploy/sleep -n outside -- curl -sS -m 5 http://${host}:9080/`);
      expect(plain.code).not.toBe(0);
    }
    const check = 'outrigger authn tls-check deploy/cart.shop shelf.stock.svc.cluster.local';
    expect(await session.must(check)).toMatch(/:9080\s+OK\s+STRICT\s+mTLS/);
    await session.must(`kubectl delete -f ${resources}/only-each-other.yaml`);
    await expect.poll(() => answers(shelf, 'shelf.stock'), soon).toEqual({ 200: 10 });
  });

  test('it moves back, the canary goes, and the default is as it was', async () => {
    const load = await under(async () => {
      await moveStock('istio.io/rev- istio-injection=enabled');
      await expect.poll(() => servedBy('stock'), soon).toEqual({ default: 2 });
      const told = await session.must('outrigger uninstall --revision canary -y');
      // Nothing depends on it any more.
      expect(told).not.toMatch(/keep a proxy/);
    });
    expect(load).toEqual({ statuses: { 200: expect.any(Number) }, errors: {} });
    expect(await installed()).toEqual(before);
    expect(await podsOf('default')).toBe(podsBefore);
    expect(await session.must(`kubectl get ${kinds},pods -A -l outrigger.io/rev=canary -o name`)).toBe('');
    await session.must('outrigger verify-install');
  });
});
