import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { type HandsOn, startHandsOn } from './hands-on.ts';
import { isSkipped } from './prerequisites.ts';
import type { Session } from './session.ts';

const resources = 'test/e2e/resources';
/** What a client sees follows a change within a second or two; on a busy machine later. */
const soon = { timeout: 60_000, interval: 250 };

/** The hands-on exercises as the tutorials give them, with `outrigger` in the place of `istioctl`: each test goes on where the last one ended. */
describe.skipIf(isSkipped)('the hands-on exercises', () => {
  let handsOn: HandsOn | undefined;
  let session: Session;
  let folder = '';
  let before: readonly string[] = [];

  beforeAll(async () => {
    handsOn = await startHandsOn();
    ({ session, folder } = handsOn);
    // The controllers of a new cluster make these by themselves.
    for (const namespace of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
      await until(`the root of ${namespace}`, async () => (await hasRootOf(namespace)) || undefined);
    before = await everything();
  });

  afterAll(() => handsOn?.stop());

  const hasRootOf = async (namespace: string): Promise<boolean> =>
    (await session.type(`kubectl get configmap kube-root-ca.crt -n ${namespace} -o name`)).code === 0;

  /** `<resource>/<namespace>/<name>` of all that an installation could leave. */
  async function everything(): Promise<string[]> {
    const kinds =
      'ns,crd,clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings,gatewayclasses';
    const known = (await session.type(`kubectl get ${kinds} -o name 2>/dev/null`)).stdout;
    const inside = await session.must(
      'kubectl get deploy,svc,sa,cm,secret,roles,rolebindings,leases,hpa,pdb,networkpolicies -A -o jsonpath=\'{range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{"\\n"}{end}\'',
    );
    return `${known}${inside}`
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('Lease/kube-node-lease/'))
      .sort();
  }

  /** A line for each proxy. */
  const proxyLines = async (): Promise<string[]> =>
    (await session.type('outrigger proxy-status')).stdout.trim().split('\n').slice(1);

  const ready = (namespace: string): Promise<string> =>
    session.must(`kubectl wait pod --all --for=condition=Ready -n ${namespace} --timeout=90s`);

  test('outrigger install --set profile=demo -y', async () => {
    const installed = await session.must('outrigger install --set profile=demo -y');
    expect(installed).toMatch(/✔ Control plane/);
    expect(installed).toMatch(/✔ Ingress gateway/);
    expect(installed).toMatch(/✔ Egress gateway/);
    expect(installed).not.toMatch(/✘|×/);
    const again = await session.must('outrigger install --set profile=demo -y');
    expect(again).toMatch(/unchanged/);
    expect(again).not.toMatch(/created|configured/);
  });

  test('preview and kube-inject say what would become of Bookinfo, and change nothing', async () => {
    const bookinfo = 'manifests/samples/bookinfo/bookinfo.yaml';
    const preview = await session.must(`outrigger preview -f ${bookinfo} --explain`);
    expect(preview.match(/^# Deployment default\/\S+: injected/gm)).toHaveLength(6);
    expect(preview).toMatch(/namespace_label/);
    const injected = join(folder, 'injected.yaml');
    await session.must(`outrigger kube-inject -f ${bookinfo} > ${injected}`);
    expect((await session.must(`cat ${injected}`)).match(/name: istio-proxy$/gm)).toHaveLength(6);
    const taken = await session.must(`kubectl apply --dry-run=server -f ${injected}`);
    expect(taken.match(/^deployment\.apps\/\S+ created \(server dry run\)/gm)).toHaveLength(6);
    expect((await session.type('kubectl get deploy')).stdout).toBe('');
  });

  test('Bookinfo is injected: 2/2, and the proxies are in sync', async () => {
    await session.must('kubectl label namespace default istio-injection=enabled');
    await session.must('kubectl apply -f manifests/samples/bookinfo/bookinfo.yaml');
    await session.must('kubectl rollout status deploy/ratings-v1 --timeout=90s');
    await ready('default');
    const pods = (await session.must('kubectl get pods --no-headers')).trim().split('\n');
    expect(pods).toHaveLength(6);
    for (const line of pods) expect(line).toMatch(/^\S+\s+2\/2\s+Running\s+0\s/);
    // Those of the pods and of both gateways.
    await expect
      .poll(async () => (await proxyLines()).filter((line) => !/STALE|NACKED/.test(line)).length, soon)
      .toBe(8);
    const named = new Set((await proxyLines()).map((line) => line.split('.')[0]));
    for (const line of pods) expect(named).toContain(line.split(/\s+/)[0]);
  });

  test('verify-install, check and version', async () => {
    expect(await session.must('outrigger verify-install')).not.toMatch(/×/);
    expect(await session.must('outrigger check')).toMatch(/√|✔/);
    const version = await session.must('outrigger version');
    expect(version).toMatch(/client version: 0\.1\.0/i);
    expect(version).toMatch(/control plane version: 0\.1\.0/i);
    expect(version).toMatch(/data plane version: .*8 proxies/i);
    expect((await session.type('outrigger check --pre')).stdout).not.toBe('');
  });

  test('analyze finds nothing in Bookinfo', async () => {
    expect(await session.must('outrigger analyze -n default')).toMatch(/No validation issues found/);
    const bad = await session.type(`outrigger analyze -n default ${resources}/reviews-v1.yaml`);
    // The subset comes with the next exercise.
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/Error \[OR3\d+\] \(VirtualService default\/reviews/);
  });

  test('ratings calls productpage through both sidecars', async () => {
    const page = await session.must(
      'kubectl exec deploy/ratings-v1 -c ratings -- curl -sS productpage:9080/productpage',
    );
    expect(JSON.parse(page)).toMatchObject({ app: 'productpage', reviews: { app: 'reviews' } });
    const { statuses, versions } = await session.load('deploy/ratings-v1', 'ratings', {
      url: 'http://reviews:9080/reviews/0',
      n: 90,
    });
    expect(statuses).toEqual({ 200: 90 });
    expect(Object.keys(versions).sort()).toEqual(['v1', 'v2', 'v3']);
  });

  test('STRICT: plaintext from outside is refused, the mesh goes on', async () => {
    await session.must(`kubectl apply -f ${resources}/outside.yaml`);
    await session.must('kubectl rollout status deploy/sleep -n outside --timeout=60s');
    const outside =
      'kubectl exec deploy/sleep -n outside -- curl -sS -o /dev/null -w "%{http_code}" http://ratings.default:9080/ratings/0';
    expect(await session.must(outside)).toBe('200');
    await session.must(`kubectl apply -f ${resources}/strict.yaml`);
    await expect.poll(async () => (await session.type(outside)).code, soon).not.toBe(0);
    const inside = await session.load('deploy/reviews-v1', 'reviews', {
      url: 'http://ratings:9080/ratings/0',
      n: 20,
    });
    expect(inside.statuses).toEqual({ 200: 20 });
  });

  test('authn tls-check and describe say what holds', async () => {
    const check = await session.must(
      'outrigger authn tls-check deploy/productpage-v1 reviews.default.svc.cluster.local',
    );
    expect(check).toMatch(/^HOST:PORT\s+STATUS\s+SERVER\s+CLIENT\s+AUTHN POLICY\s+DESTINATION RULE$/m);
    expect(check).toMatch(/^reviews\.default\.svc\.cluster\.local:9080\s+OK\s+STRICT\s+mTLS\s+default\/default\s/m);
    const described = await session.must('outrigger describe pod $(kubectl get pod -l app=reviews,version=v1 -o name)');
    expect(described).toMatch(/STRICT/);
    expect(await session.must('outrigger describe service reviews')).toMatch(/reviews/);
  });

  test('proxy-config shows what the running Envoy has, and whom it comes from', async () => {
    const clusters = await session.must('outrigger proxy-config cluster deploy/ratings-v1');
    expect(clusters).toMatch(/reviews\.default\.svc\.cluster\.local/);
    expect(await session.must('outrigger pc listener deploy/ratings-v1')).toMatch(/15006/);
    expect(await session.must('outrigger pc route deploy/ratings-v1')).toMatch(/reviews/);
    expect(await session.must('outrigger pc endpoint deploy/ratings-v1 --status healthy')).toMatch(/HEALTHY/);
    const secrets = await session.must('outrigger pc secret deploy/ratings-v1 -o json');
    expect(secrets).toMatch(/"private_key": "\[redacted\]"/);
    // `-----BEGIN PRIV`, also in base64.
    expect(secrets).not.toMatch(/PRIVATE KEY|LS0tLS1CRUdJTiBQUklW/);
    expect(JSON.parse(await session.must('outrigger pc bootstrap deploy/ratings-v1 -o json'))).toBeTypeOf('object');
  });

  test('reviews to v1 only, then half v2 and half v3', async () => {
    await session.must(`kubectl apply -f ${resources}/subsets.yaml -f ${resources}/reviews-v1.yaml`);
    const versions = async (n: number) =>
      (await session.load('deploy/ratings-v1', 'ratings', { url: 'http://reviews:9080/reviews/0', n })).versions;
    await expect.poll(() => versions(20), soon).toEqual({ v1: 20 });
    await session.must(`kubectl apply -f ${resources}/reviews-50-50.yaml`);
    await expect.poll(async () => (await versions(20))['v1'] ?? 0, soon).toBe(0);
    const halves = await versions(1000);
    expect(Object.keys(halves).sort()).toEqual(['v2', 'v3']);
    // Four standard deviations of a binomial of 1,000.
    expect(Math.abs((halves['v2'] ?? 0) - 500)).toBeLessThan(64);
  });

  test('stat, edges, cost and the dashboard tell of the traffic that there is', async () => {
    const load = session.load('deploy/ratings-v1', 'ratings', {
      ...{ url: 'http://reviews:9080/reviews/0', forMs: 18_000, rate: 20, concurrency: 2 },
    });
    const row = async (command: string, name: RegExp) =>
      (await session.type(`outrigger ${command}`)).stdout.split('\n').find((line) => name.test(line)) ?? '';
    await expect.poll(() => row('stat deploy', /^reviews-v3\s/), soon).toMatch(/\s1\/1\s+100\.00%\s+\d+\.\drps\s+\d/);
    expect(await row('edges deploy', /^ratings-v1\s+reviews-v3\s/)).toMatch(/√/);
    expect(await row('top --sort p95', /reviews-v[23]/)).toMatch(/ratings-v1/);
    expect(await row('cost', /\sreviews-v3\s/)).toMatch(/\d/);
    const answers = await session.type(
      'timeout 20 outrigger dashboard --no-browser --port 20014 & for i in $(seq 40); do curl -s localhost:20014/api/state && break; sleep 0.25; done',
    );
    expect(answers.stdout).toMatch(/"place":"cluster"/);
    // The log of a proxy, in the name of somebody who may read it.
    await session.must('kubectl create serviceaccount viewer');
    await session.must('kubectl create clusterrolebinding viewer --clusterrole=view --serviceaccount=default:viewer');
    const log = await session.type(
      `timeout 20 outrigger dashboard --no-browser --port 20015 & for i in $(seq 40); do curl -sf -H "Authorization: Bearer $(kubectl create token viewer)" "localhost:20015/api/logs/default/$(kubectl get pods -l app=reviews,version=v3 -o jsonpath='{.items[0].metadata.name}')?container=istio-proxy" && break; sleep 0.25; done`,
    );
    expect(log.stdout).toMatch(/"containers":\["reviews".*"lines":\["\[\d{4}-.*reviews/);
    await session.must('kubectl delete clusterrolebinding viewer');
    await session.must('kubectl delete serviceaccount viewer');
    expect((await load).statuses).toMatchObject({ 200: expect.any(Number) });
  });

  test('a fault for one user alone', async () => {
    await session.must(`kubectl apply -f ${resources}/ratings-fault.yaml`);
    const asUser = async (user: string) =>
      (
        await session.load('deploy/reviews-v2', 'reviews', {
          url: 'http://ratings:9080/ratings/0',
          n: 10,
          headers: { 'end-user': user },
        })
      ).statuses;
    await expect.poll(() => asUser('jason'), soon).toEqual({ 418: 10 });
    expect(await asUser('mary')).toEqual({ 200: 10 });
    await session.must(`kubectl delete -f ${resources}/ratings-fault.yaml`);
    await expect.poll(() => asUser('jason'), soon).toEqual({ 200: 10 });
  });

  test('only reviews may call ratings', async () => {
    await session.must(`kubectl apply -f ${resources}/ratings-viewer.yaml`);
    const from = async (deploy: string, container: string) =>
      (await session.load(deploy, container, { url: 'http://ratings:9080/ratings/0', n: 5 })).statuses;
    await expect.poll(() => from('deploy/productpage-v1', 'productpage'), soon).toEqual({ 403: 5 });
    expect(await from('deploy/reviews-v2', 'reviews')).toEqual({ 200: 5 });
    // Envoy writes its access log every ten seconds.
    await expect
      .poll(async () => (await session.type('kubectl logs deploy/ratings-v1 -c istio-proxy --tail=20')).stdout, soon)
      .toMatch(/403.*rbac_access_denied_matched_policy/);
    await session.must('outrigger emergency deploy/ratings-v1 --level authz --ttl 10m --reason INC-7 -y');
    await expect.poll(() => from('deploy/productpage-v1', 'productpage'), soon).toEqual({ 200: 5 });
    expect(await session.must('outrigger emergency status')).toMatch(
      /authz-deployment-ratings-v1-\w+\s+authz\s.*admin\s+INC-7/,
    );
    expect(await session.must('outrigger proxy-status')).toMatch(
      /! emergency default\/authz-deployment-ratings-v1-\w+: authz of/,
    );
    // The replica that leads writes it.
    await expect
      .poll(async () => (await session.type('kubectl get events')).stdout, soon)
      .toMatch(/EmergencyBegun.*authz of app=ratings,version=v1.*by admin: INC-7/);
    await session.must('outrigger emergency off deploy/ratings-v1');
    expect((await session.type('kubectl get events')).stdout).toMatch(/EmergencyOver.*ended before its time, by admin/);
    await expect.poll(() => from('deploy/productpage-v1', 'productpage'), soon).toEqual({ 403: 5 });
    await session.must(`kubectl delete -f ${resources}/ratings-viewer.yaml`);
  });

  test('the ingress gateway over HTTPS', async () => {
    const [cert, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    await session.must(
      `openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=bookinfo.example.com -addext subjectAltName=DNS:bookinfo.example.com -keyout ${key} -out ${cert} 2>/dev/null`,
    );
    await session.must(`kubectl create secret tls bookinfo-certificate -n istio-system --cert=${cert} --key=${key}`);
    await session.must(`kubectl apply -f ${resources}/gateway.yaml`);
    const address = await session.must(
      "kubectl get svc istio-ingressgateway -n istio-system -o jsonpath='{.status.loadBalancer.ingress[0].ip}'",
    );
    const curl = `curl -sS --cacert ${cert} --resolve bookinfo.example.com:443:${address} --resolve bookinfo.example.com:80:${address}`;
    await expect
      .poll(
        async () =>
          (await session.type(`${curl} -o /dev/null -w '%{http_code}' https://bookinfo.example.com/productpage`))
            .stdout,
        soon,
      )
      .toBe('200');
    expect(
      await session.must(
        `${curl} -o /dev/null -w '%{http_code} %{redirect_url}' http://bookinfo.example.com/productpage`,
      ),
    ).toBe('301 https://bookinfo.example.com/productpage');
  });

  test('scaling up and a rolling update of reviews under load fail no request', async () => {
    await session.must('kubectl delete virtualservice reviews');
    const load = session.load('deploy/productpage-v1', 'productpage', {
      ...{ url: 'http://reviews:9080/reviews/0', forMs: 25_000, rate: 40, concurrency: 8 },
    });
    await session.must('kubectl scale deploy/reviews-v1 --replicas=3');
    await session.must('kubectl rollout status deploy/reviews-v1 --timeout=60s');
    await session.must('kubectl set env deploy/reviews-v1 ROUND=2');
    await session.must('kubectl rollout status deploy/reviews-v1 --timeout=60s');
    await session.must('kubectl scale deploy/reviews-v1 --replicas=1');
    const { statuses, errors } = await load;
    expect({ statuses: Object.keys(statuses), errors }).toEqual({ statuses: ['200'], errors: {} });
  });

  test('outrigger uninstall --purge -y leaves nothing of it', async () => {
    await session.must('kubectl delete secret bookinfo-certificate -n istio-system');
    await session.must('outrigger uninstall --purge -y');
    await session.must(
      `kubectl delete -f manifests/samples/bookinfo/bookinfo.yaml -f ${resources}/outside.yaml --wait=false`,
    );
    await expect.poll(everything, { timeout: 90_000, interval: 1000 }).toEqual(before);
  });
});
