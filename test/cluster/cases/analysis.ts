import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crdFolder } from '../../../src/schema/generate-crds.ts';
import { kinds } from '../../../src/schema/kinds.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';

const space = 'analysis';

const objects = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: ${space}}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: ${space}, labels: {app: cart}}
spec: {containers: [{name: app, image: example.invalid/app:1, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Secret
type: Opaque
metadata: {name: plain, namespace: ${space}}
stringData: {password: hunter2}
`;

const routes = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: ${space}}
spec: {hosts: [cart], http: [{route: [{destination: {host: kart}}]}]}
`;

/** What has no effect in it is told of by whoever reads it. */
const meshConfig = `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: ${space}}
data: {mesh: 'ingressClass: x'}
`;

const controlPlane = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: outrigger, namespace: ${space}, labels: {app: outrigger}}
spec:
  replicas: 0
  selector: {matchLabels: {app: outrigger}}
  template:
    metadata: {labels: {app: outrigger}}
    spec:
      containers:
        - {name: outrigger, image: example.invalid/app:1, args: [serve, --set, 'mesh.rootNamespaces=["${space}"]', --set, of.tomorrow=1]}
`;

/** `outrigger analyze` on a real cluster. */
export function analysisCases(cluster: () => Cluster): void {
  describe('analysis of a cluster', () => {
    const analyze = (args: readonly string[], input = '', kubeconfig = cluster().kubeconfig) =>
      runOutrigger(['analyze', '--kubeconfig', kubeconfig, ...args], input);
    const apply = (input: string) => cluster().kubectl(['apply', '-f', '-'], { input });
    const codes = (stdout: string) => [...stdout.matchAll(/\[(OR\d+)\]/g)].map(([, code]) => code);

    beforeAll(async () => {
      await makeNamespace(cluster(), space, { labels: { 'istio-injection': 'enabled' } });
      expect((await apply(objects)).code).toBe(0);
    });
    afterAll(async () => {
      await cluster().kubectl(['delete', 'ns', '--wait=false', space]);
      await cluster().kubectl(['delete', '--ignore-not-found', '-f', crdFolder]);
    });

    test('without our CRDs: what there is, is analyzed, and nobody is told of what is not installed', async () => {
      // Whether it is an error depends on whom other cases have left that could call.
      const { stdout, stderr } = await analyze(['-n', space]);
      expect(stderr).toBe('');
      expect(codes(stdout)).toEqual(['OR3062', 'OR3080']);
    });

    test('files count as applied to it', async () => {
      const { stdout } = await analyze(['-'], routes);
      expect(codes(stdout)).toEqual(['OR3001']);
      expect(stdout).toContain('stdin:5:');
      const right = await analyze(['-'], routes.replace('kart', 'cart'));
      expect(right.stdout).toBe('✔ No validation issues found when analyzing -.\n');
    });

    test('with them: the resources, of one namespace or of all', async () => {
      expect((await cluster().kubectl(['apply', '-f', crdFolder])).code).toBe(0);
      const names = kinds.map((kind) => `crd/${kind.plural}.${kind.group}`);
      await cluster().kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...names]);
      expect((await apply(routes)).code).toBe(0);
      expect(codes((await analyze(['-n', space])).stdout)).toEqual(['OR3001', 'OR3062', 'OR3080']);
      expect((await analyze(['-n', space, '--failure-threshold', 'Warning'])).code).toBe(1);
      const all = await analyze(['-A', '-o', 'json']);
      expect(all.stdout).not.toContain('hunter2');
      const found = JSON.parse(all.stdout) as { code: string; origin: string }[];
      expect(found).toContainEqual(expect.objectContaining({ code: 'OR3001', origin: `VirtualService ${space}/cart` }));
      expect(found.filter(({ origin }) => origin.includes('kube-system'))).toEqual([]);
      expect((await analyze([])).stdout).toContain('namespace: default');
      expect(await analyze(['-n', 'nowhere'])).toMatchObject({ code: 1, stderr: expect.stringContaining('OR2555') });
    });

    test('the mesh is as its control plane was started and as its meshConfig says', async () => {
      const found = () => analyze(['-n', space, '-i', space]).then(({ stdout }) => codes(stdout));
      expect((await apply(meshConfig)).code).toBe(0);
      // Nobody says that it is looked for there.
      expect(await found()).not.toContain('OR2463');
      expect((await apply(controlPlane)).code).toBe(0);
      expect(await found()).toContain('OR2463');
      await cluster().kubectl(['delete', '-f', '-'], { input: `${meshConfig}---${controlPlane}` });
    });

    test('whoever may not read something is told what, and nothing is concluded from it', async () => {
      const rights = 'virtualservices.networking.istio.io,pods,namespaces';
      await cluster().kubectl(['create', 'serviceaccount', 'reader', '-n', space]);
      await cluster().kubectl(['create', 'clusterrole', 'analysis-reader', '--verb=list', `--resource=${rights}`]);
      const bound = [`--serviceaccount=${space}:reader`, '--clusterrole=analysis-reader'];
      await cluster().kubectl(['create', 'clusterrolebinding', 'analysis-reader', ...bound]);
      const token = await cluster().serviceAccountToken(space, 'reader');
      const kubeconfig = await cluster().writeKubeconfig('reader', { token });
      const { code, stdout, stderr } = await analyze(['-n', space], '', kubeconfig);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Warning [OR2553] (Service *)');
      expect(stdout).toContain('Warning [OR2553] (Sidecar *)');
      // What is not installed is missed by nobody.
      expect(stdout).not.toContain('TrafficSplit');
      expect(stdout).not.toMatch(/OR2553. \((Pod|VirtualService|Namespace) /);
      expect(codes(stdout).filter((found) => found !== 'OR2553')).toEqual(['OR3080']);
      const quiet = await analyze(['-n', 'default', '--failure-threshold', 'Warning'], '', kubeconfig);
      expect(quiet).toMatchObject({ code: 1, stdout: expect.not.stringContaining('No validation issues') });
      await cluster().kubectl(['delete', 'clusterrole,clusterrolebinding', 'analysis-reader']);
    });
  });
}
