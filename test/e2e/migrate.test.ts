import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MigrationReport } from '../../src/migrate/report.ts';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';
import { type HandsOn, startHandsOn } from './hands-on.ts';
import { isSkipped } from './prerequisites.ts';

const resources = 'test/e2e/resources';
const client = 'deploy/client -n outside';

/**
 * Neither who asks nor the two pods of before have a proxy here: each of them may take one request with it when it ends, as without
 * any mesh.
 */
function expectAnswered({ statuses = {} }: Partial<LoadResult>): void {
  const { 200: answered = 0, ...others } = statuses as Record<string, number>;
  expect(answered).toBeGreaterThan(100);
  expect(Object.keys(others).filter((status) => status !== '0')).toEqual([]);
  expect(others['0'] ?? 0).toBeLessThanOrEqual(2);
}

/** The steps that `outrigger migrate` prints, typed one after the other as they stand, while requests go on. */
describe.skipIf(isSkipped)('a move from another mesh', () => {
  let handsOn: HandsOn | undefined;
  const running = (): HandsOn => {
    if (handsOn === undefined) throw new Error('the cluster did not start');
    return handsOn;
  };

  beforeAll(async () => {
    handsOn = await startHandsOn();
    await handsOn.session.must(`kubectl apply -f ${resources}/outside-client.yaml`);
    await handsOn.session.must('kubectl rollout status deploy/client -n outside --timeout=60s');
  });

  afterAll(() => handsOn?.stop());

  /** A command of the other mesh, which is not here. */
  const standIn = (name: string, script: string) =>
    writeFile(join(running().folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  /** Two namespaces with their services, labelled or annotated. */
  async function apply(metadata: string): Promise<void> {
    const [apps = ''] = (await readFile(`${resources}/two-namespaces.yaml`, 'utf8')).split('# No plaintext anywhere.');
    const file = join(running().folder, 'apps.yaml');
    await writeFile(file, apps.replaceAll('labels: {istio-injection: enabled}', metadata).replace(/---\s*$/, ''));
    const { must } = running().session;
    await must(`kubectl apply -f ${file}`);
    for (const place of ['cart -n shop', 'shelf -n stock'])
      await must(`kubectl rollout status deploy/${place} --timeout=60s`);
  }

  /** How requests from outside ended, and what `migrate` said. */
  async function walk(mesh: 'istio' | 'linkerd'): Promise<{ report: MigrationReport; load: Partial<LoadResult> }> {
    const { session, folder } = running();
    const report = JSON.parse((await session.type(`outrigger migrate ${mesh} -o json`)).stdout) as MigrationReport;
    const stop = { over: false };
    const rounds = (async () => {
      const all: LoadResult[] = [];
      while (!stop.over)
        all.push(
          await session.load(client, 'client', {
            ...{ url: 'http://shelf.stock:9080/', forMs: 3000, rate: 40, concurrency: 4 },
          }),
        );
      return all;
    })();
    try {
      for (const command of report.steps.flatMap(({ commands }) => commands))
        await session.must(`cd ${folder} && ${command}`);
    } finally {
      stop.over = true;
    }
    const statuses: Record<string, number> = {};
    for (const round of await rounds)
      for (const [key, count] of Object.entries(round.statuses)) statuses[key] = (statuses[key] ?? 0) + count;
    return { report, load: { statuses } };
  }

  const proxies = async (namespace: string) =>
    (JSON.parse(await running().session.must(`outrigger proxy-status -n ${namespace} -o json`)) as unknown[]).length;

  test('from Linkerd: the steps lead there, requests go on, and ServiceProfiles stay', async () => {
    const { must } = running().session;
    await must(`kubectl apply -f ${resources}/linkerd-before.yaml -f ${resources}/linkerd-kinds.yaml`);
    await must('kubectl wait --for=condition=Established crd/serviceprofiles.linkerd.io');
    await apply('annotations: {linkerd.io/inject: enabled}');
    const profile = join(running().folder, 'profile.yaml');
    await writeFile(
      profile,
      'apiVersion: linkerd.io/v1alpha2\nkind: ServiceProfile\nmetadata: {name: shelf.stock.svc.cluster.local, namespace: stock}\nspec: {routes: [{name: any, condition: {method: GET, pathRegex: /.*}}]}\n',
    );
    await must(`kubectl apply -f ${profile}`);
    await standIn(
      'linkerd',
      `cat "${process.cwd()}/${resources}/linkerd-before.yaml"; echo ---; cat "${process.cwd()}/${resources}/linkerd-kinds.yaml"`,
    );
    const { load } = await walk('linkerd');
    expectAnswered(load);
    expect([await proxies('shop'), await proxies('stock')]).toEqual([2, 2]);
    expect(await must('kubectl get serviceprofiles.linkerd.io -A -o name')).toContain('shelf.stock');
    await must('outrigger uninstall --purge -y');
    await must('kubectl delete namespace shop stock --wait=true');
  });

  test('from Istio: the steps lead there, requests go on, and both meshes have one root', async () => {
    const { must } = running().session;
    const folder = running().folder;
    await must('kubectl create namespace istio-system');
    const definitions = `for file in manifests/crds/*istio.io_*.yaml; do echo ---; sed "s/app.kubernetes.io\\/part-of: outrigger/app: istio-pilot/" $file; done`;
    await must(`(${definitions}) | kubectl apply --server-side --field-manager=istio-operator -f -`);
    await must(
      'kubectl wait --for=condition=Established crd/gateways.networking.istio.io crd/virtualservices.networking.istio.io',
    );
    await must(
      `openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /O=cluster.local -addext keyUsage=critical,keyCertSign -keyout ${folder}/key.pem -out ${folder}/cert.pem`,
    );
    await must(
      `kubectl create secret generic istio-ca-secret -n istio-system --type=istio.io/ca-root --from-file=ca-cert.pem=${folder}/cert.pem --from-file=ca-key.pem=${folder}/key.pem --from-literal=cert-chain.pem= --from-literal=root-cert.pem=`,
    );
    await apply('labels: {istio-injection: enabled}');
    await must(`kubectl apply -f ${resources}/istio-before.yaml`);
    await standIn(
      'istioctl',
      [
        'kubectl delete deploy,service -n istio-system istiod istio-ingressgateway',
        'kubectl delete mutatingwebhookconfiguration istio-sidecar-injector',
        'kubectl delete validatingwebhookconfiguration istio-validator-istio-system',
      ].join(' && '),
    );
    const { report, load } = await walk('istio');
    expectAnswered(load);
    expect(report.unsupported).toEqual([]);
    const subjects = report.unchanged.map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(subjects.length);
    expect([await proxies('shop'), await proxies('stock')]).toEqual([2, 2]);
    const root = "kubectl get configmap istio-ca-root-cert -n shop -o jsonpath='{.data.root-cert\\.pem}'";
    expect((await must(root)).trim()).toBe((await readFile(join(folder, 'cert.pem'), 'utf8')).trim());
    // The ingress, and whoever asks for injection as before.
    const address = await must(
      "kubectl get service istio-ingressgateway -n outrigger-gateways -o jsonpath='{.spec.clusterIP}'",
    );
    await expect
      .poll(async () => (await running().session.load(client, 'client', { url: `http://${address}/`, n: 5 })).statuses)
      .toEqual({ 200: 5 });
    await must('kubectl label namespace stock istio.io/rev- istio-injection=enabled');
    await must('kubectl rollout restart deploy/shelf -n stock');
    await must('kubectl rollout status deploy/shelf -n stock --timeout=90s');
    await expect.poll(() => proxies('stock'), { timeout: 20_000, interval: 250 }).toBe(2);
  });
});
