import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HandsOn, startHandsOn } from './hands-on.ts';
import { isSkipped } from './prerequisites.ts';
import type { Session } from './session.ts';

const resources = 'test/e2e/resources';
const bookinfo = 'manifests/samples/bookinfo/bookinfo.yaml';
const soon = { timeout: 60_000, interval: 250 };

/** Linkerd's exercises with `outrigger` in the place of `linkerd`: each test goes on where the last one ended. */
describe.skipIf(isSkipped)("Linkerd's exercises", () => {
  let handsOn: HandsOn | undefined;
  let session: Session;

  beforeAll(async () => {
    handsOn = await startHandsOn();
    session = handsOn.session;
  });

  afterAll(() => handsOn?.stop());

  /** How many containers each pod of the namespace has, once all are there. */
  async function containers(): Promise<readonly string[]> {
    const pods = (await session.must('kubectl get pods --no-headers')).trim().split('\n');
    return pods.map((line) => line.split(/\s+/)[1] ?? '');
  }
  const rolledOut = () => session.must('kubectl rollout status deploy --timeout=120s');
  const statusesOf = async (url: string, n: number) =>
    (await session.load('deploy/reviews-v2', 'reviews', { url, n })).statuses;

  test('check --pre, then the manifests by kubectl', async () => {
    expect(await session.must('outrigger check --pre')).not.toMatch(/×/);
    const applied = await session.must(
      'outrigger manifest generate --set profile=minimal | kubectl apply --server-side -f -',
    );
    expect(applied).toMatch(/secret\/outrigger-mesh-root serverside-applied/);
    await session.must('kubectl rollout status deploy/outrigger -n outrigger-system --timeout=120s');
    expect(await session.must('outrigger check')).not.toMatch(/×/);
    const roots = async () =>
      session.must("kubectl get secret -n outrigger-system -o jsonpath='{.items[*].metadata.resourceVersion}'");
    const before = await roots();
    const again = await session.type(
      'outrigger manifest generate --set profile=minimal | kubectl apply --server-side -f -',
    );
    expect([again.code, again.stderr, await roots()]).toEqual([0, '', before]);
  });

  test('kubectl get deploy -o yaml | outrigger inject - | kubectl apply -f -', async () => {
    await session.must(`kubectl apply -f ${bookinfo}`);
    await rolledOut();
    expect(new Set(await containers())).toEqual(new Set(['1/1']));
    const injected = await session.must('kubectl get deploy -o yaml | outrigger inject - | kubectl apply -f -');
    expect(injected).toMatch(/deployment.apps\/reviews-v1 configured/);
    await rolledOut();
    await expect.poll(containers, soon).toEqual(Array.from({ length: 6 }, () => '2/2'));
    await expect.poll(() => statusesOf('http://ratings:9080/ratings/0', 10), soon).toEqual({ 200: 10 });
  });

  test('kubectl annotate namespace default linkerd.io/inject=enabled', async () => {
    await session.must('kubectl get deploy -o yaml | outrigger uninject - | kubectl apply -f -');
    await rolledOut();
    await session.must(
      'kubectl annotate namespace default linkerd.io/inject=enabled config.linkerd.io/proxy-cpu-request=15m',
    );
    // The mirror of the annotation, which the webhook's selector sees.
    await expect
      .poll(async () => (await session.type('kubectl get ns default --show-labels --no-headers')).stdout, soon)
      .toMatch(/outrigger\.io\/linkerd-inject=/);
    await session.must('kubectl rollout restart deploy');
    await rolledOut();
    await expect.poll(containers, soon).toEqual(Array.from({ length: 6 }, () => '2/2'));
    const requests = await session.must(
      'kubectl get pods -l app=ratings -o jsonpath=\'{..containers[?(@.name=="istio-proxy")].resources.requests.cpu}{..initContainers[?(@.name=="istio-proxy")].resources.requests.cpu}\'',
    );
    expect(requests).toBe('15m');
    await expect
      .poll(async () => (await session.type('outrigger proxy-status')).stdout.trim().split('\n').slice(1).length, soon)
      .toBe(6);
  });

  test('a ServiceProfile: its timeout', async () => {
    expect(await statusesOf('http://ratings:9080/delay/1000', 1)).toEqual({ 200: 1 });
    await session.must(`kubectl apply -f ${resources}/linkerd-kinds.yaml`);
    await session.must(
      'kubectl wait crd --for=condition=Established serviceprofiles.linkerd.io trafficsplits.split.smi-spec.io',
    );
    await session.must(`kubectl apply -f ${resources}/ratings-profile.yaml`);
    // The control plane looks for kinds that come later.
    await expect
      .poll(() => statusesOf('http://ratings:9080/delay/1000', 1), { timeout: 60_000, interval: 1000 })
      .toEqual({ 504: 1 });
    expect(await statusesOf('http://ratings:9080/delay/10', 5)).toEqual({ 200: 5 });
  });

  test('a TrafficSplit: 900m and 100m', async () => {
    await session.must(`kubectl apply -f ${resources}/reviews-split.yaml`);
    const versions = async (n: number) =>
      (await session.load('deploy/ratings-v1', 'ratings', { url: 'http://reviews:9080/reviews/0', n })).versions;
    await expect
      .poll(async () => Object.keys(await versions(60)).includes('v3'), { timeout: 60_000, interval: 500 })
      .toBe(false);
    const shares = await versions(1000);
    expect((shares['v1'] ?? 0) + (shares['v2'] ?? 0)).toBe(1000);
    // Four standard deviations of a binomial of 1,000 at a tenth.
    expect(Math.abs((shares['v2'] ?? 0) - 100)).toBeLessThan(38);
  });

  test('migrate linkerd says that it is all there', async () => {
    const { code, stdout } = await session.type('outrigger migrate linkerd');
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ ServiceProfile: read as it is/);
    expect(stdout).toMatch(/✔ linkerd\.io\/inject: enabled/);
    expect(stdout).toMatch(/Not supported\n {2}nothing was found/);
  });

  test('uninstall takes out what kubectl applied', async () => {
    await session.must(`kubectl delete -f ${bookinfo} --wait=false`);
    await session.must('outrigger uninstall --purge -y');
    const left = await session.must(
      'kubectl get crd,mutatingwebhookconfigurations,validatingwebhookconfigurations -o name',
    );
    expect(left.trim().split('\n').sort()).toEqual([
      'customresourcedefinition.apiextensions.k8s.io/serviceprofiles.linkerd.io',
      'customresourcedefinition.apiextensions.k8s.io/trafficsplits.split.smi-spec.io',
    ]);
  });
});
