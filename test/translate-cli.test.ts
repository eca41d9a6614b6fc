import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const main = join(import.meta.dirname, '../src/main.ts');
const bookinfo = join(import.meta.dirname, '../manifests/samples/bookinfo');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-translate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function translate(...args: string[]) {
  const result = spawnSync(process.execPath, [main, 'translate', ...args], { encoding: 'utf8' });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

interface Shown {
  readonly type: string;
  readonly name: string;
  readonly origins: readonly string[];
}

describe('outrigger translate', () => {
  const ofProductpage = ['--config', bookinfo, '--proxy', 'default/productpage'];

  test('what a pod gets, with the origin of each resource; the same every time', () => {
    const first = translate(...ofProductpage, '-o', 'json');
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(translate(...ofProductpage, '-o', 'json').stdout).toBe(first.stdout);
    const shown = JSON.parse(first.stdout) as Shown[];
    const reviews = shown.find(({ name }) => name === 'outbound|9080|v2|reviews.default.svc.cluster.local');
    expect(reviews?.origins.join()).toContain('DestinationRule default/reviews');
    expect(new Set(shown.map(({ type }) => type))).toEqual(
      new Set(['cluster', 'endpoint', 'extension', 'listener', 'route', 'virtualHost']),
    );
    expect(first.stdout).not.toContain('PRIVATE KEY');
  });

  test('one type, as YAML; eager in the shape of Istio; what it is made from; a gateway', () => {
    const listeners = parse(translate(...ofProductpage, '--type', 'listener').stdout) as Shown[];
    expect(listeners.map(({ name }) => name)).toEqual(['virtualInbound', 'virtualOutbound']);
    const eager = parse(translate(...ofProductpage, '--type', 'listener', '--eager').stdout) as Shown[];
    expect(eager.map(({ name }) => name)).toContain('0.0.0.0_9080');
    const ir = parse(translate(...ofProductpage, '--type', 'ir').stdout) as { delivery: string; inbound: object };
    expect([ir.delivery, Object.keys(ir.inbound)[0]]).toEqual(['pushed-hosts', 'ports']);
    const gateway = translate('--config', bookinfo, '--proxy', 'istio-ingress/istio', '--type', 'listener');
    expect(gateway.stdout).toContain('0.0.0.0_8080');
  });

  test('a pod that is not there is an error that names those that are', () => {
    const { status, stdout, stderr } = translate('--config', bookinfo, '--proxy', 'default/productpges');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('OR2405');
    expect(stderr).toContain('default/productpage-v1');
  });

  test('broken documents and fields without effect are told, the rest is shown', () => {
    mkdirSync(join(folder, 'mesh'), { recursive: true });
    writeFileSync(
      join(folder, 'mesh/a.yaml'),
      `apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: wrong}
spec: {hosts: [a], http: [{route: [{destination: {host: a}, weight: heavy}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: custom}
spec: {action: CUSTOM, provider: {name: asked}, rules: [{}]}
`,
    );
    const { status, stderr } = translate('--config', join(folder, 'mesh'), '--proxy', 'default/a', '--type', 'cluster');
    expect(status).toBe(0);
    expect(stderr).toMatch(/OR1641.*wrong.*spec\.http\[0\]\.route\[0\]\.weight/s);
    expect(stderr).toMatch(/OR2454 AuthorizationPolicy default\/custom .*no "asked"/);
  });

  test('a file that is no YAML is told with its place, the rest is shown', () => {
    mkdirSync(join(folder, 'half'), { recursive: true });
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n';
    writeFileSync(join(folder, 'half/a.yaml'), pod);
    writeFileSync(join(folder, 'half/b.yaml'), 'kind: [\n---\nkind: b\n');
    const { status, stdout, stderr } = translate('--config', join(folder, 'half'), '--proxy', 'a', '--type', 'cluster');
    expect([status, stdout.includes('PassthroughCluster')]).toEqual([0, true]);
    expect(stderr).toMatch(/OR1601 .*half\/b\.yaml:2:1/);
  });

  test('what a gateway is made from', () => {
    mkdirSync(join(folder, 'gate'), { recursive: true });
    const yaml = `
apiVersion: v1
kind: Pod
metadata: {name: gw, labels: {app: gw}, annotations: {inject.istio.io/templates: gateway}}
spec: {containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gate}
spec: {selector: {app: gw}, servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: [a.example]}]}
`;
    writeFileSync(join(folder, 'gate/a.yaml'), yaml);
    const { status, stdout, stderr } = translate(
      ...['--config', join(folder, 'gate'), '--proxy', 'gw', '--type', 'ir', '-o', 'json'],
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ gateway: { listeners: [{ port: 8080 }] } });
  });

  test('a folder that is not there, and a wrong type', () => {
    expect(translate('--config', join(folder, 'none'), '--proxy', 'a/b').stderr).toContain('OR1605');
    const wrong = translate('--config', bookinfo, '--proxy', 'a/b', '--type', 'clusters');
    expect([wrong.status, wrong.stderr.includes('Allowed choices')]).toEqual([2, true]);
  });
});

describe('what the folder says of the whole mesh, and of its edge', () => {
  const place = join(folder, 'edge');
  mkdirSync(place, { recursive: true });
  writeFileSync(
    join(place, 'mesh.yaml'),
    `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\\nnetworkingTypo: 7\\n"}
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}, annotations: {inject.istio.io/templates: gateway}}
spec: {containers: [{name: istio-proxy, image: y}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: app, image: x}, {name: istio-proxy, image: y}]}
status: {podIP: 10.0.0.2}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  selector: {app: a}
  servers:
  - {port: {number: 8080, name: http, protocol: HTTP}, hosts: ["*"]}
  - {port: {number: 8080, name: tcp, protocol: TCP}, hosts: ["*"]}
`,
  );

  test('the ConfigMap istio is in force, and what it cannot say is told', () => {
    const { stdout, stderr } = translate('--config', place, '--proxy', 'default/b', '--type', 'ir', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ outbound: { blocked: true } });
    expect(stderr).toMatch(/OR2463 ConfigMap istio-system\/istio: networkingTypo/);
  });

  test('what a Gateway leaves out is told', () => {
    const { stderr } = translate('--config', place, '--proxy', 'default/a');
    expect(stderr).toMatch(/OR2406 Gateway default\/edge.*port 8080 speaks HTTP/);
  });
});
