import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analyzers } from '../../src/analysis/analyzers.ts';
import { runOutrigger } from '../cluster/outrigger.ts';

/** `outrigger analyze` as users start it, on files. */
const here = import.meta.dirname;
const world = join(here, 'world.yaml');
const fires = (code: string) => join(here, 'cases', code, 'fires.yaml');
const analyze = (args: readonly string[], input = '') => runOutrigger(['analyze', '--use-kube=false', ...args], input);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outrigger-analyze-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('an error is printed with its place, a request and what to do, and is exit code 1', async () => {
  const { code, stdout } = await analyze([world, fires('OR3001')]);
  expect(code).toBe(1);
  const [first, second, third] = stdout.split('\n');
  expect(first).toMatch(
    /^Error \[OR3001\] \(VirtualService shop\/cart .*fires\.yaml:7:\d+\) spec\.http\[0\]\.route\[0\]/,
  );
  expect(second).toMatch(/^ {2}from shop\/\S+: GET http:\/\/cart\.shop\.svc\.cluster\.local:8080\/ -> 503$/);
  expect(third).toMatch(/^ {2}Correct the host/);
});

test('nothing is said so, by name or namespace', async () => {
  expect(await analyze([world])).toMatchObject({
    ...{ code: 0, stderr: '', stdout: `✔ No validation issues found when analyzing ${world}.\n` },
  });
  const named = await analyze([world, '-n', 'shop']);
  expect(named.stdout).toBe('✔ No validation issues found when analyzing namespace: shop.\n');
});

test('a warning is exit code 0, and 1 where the threshold says so', async () => {
  expect((await analyze([world, fires('OR3002')])).code).toBe(0);
  expect((await analyze([world, fires('OR3002'), '--failure-threshold', 'warning'])).code).toBe(1);
  const hidden = await analyze([world, fires('OR3002'), '--output-threshold', 'Error']);
  expect(hidden.stdout).toMatch(/^✔/);
});

test('as data', async () => {
  const { stdout } = await analyze([world, fires('OR3001'), '-o', 'json']);
  expect(JSON.parse(stdout)).toEqual([
    expect.objectContaining({
      ...{ code: 'OR3001', level: 'Error', origin: 'VirtualService shop/cart' },
      ...{ field: 'spec.http[0].route[0].destination.host', reference: expect.stringMatching(/fires\.yaml:7:/) },
      request: expect.objectContaining({ method: 'GET', answer: '503', share: 1 }),
    }),
  ]);
  expect((await analyze([world, '-o', 'json'])).stdout).toBe('[]\n');
});

test.each([
  ['OR3002=DestinationRule shop/kart', true],
  ['OR3002=DestinationRule kart.shop', true],
  ['OR3002=* *', true],
  ['OR3002=DestinationRule other/kart', false],
  ['OR3001=DestinationRule shop/kart', false],
])('--suppress %s', async (text, isQuiet) => {
  const { stdout } = await analyze([world, fires('OR3002'), '--suppress', text]);
  expect(stdout.startsWith('✔')).toBe(isQuiet);
});

test('an annotation suppresses, as in Istio', async () => {
  const text = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: kart, namespace: shop, annotations: {galley.istio.io/analyze-suppress: "OR3001,OR3002"}}
spec: {host: kart}
`;
  expect((await analyze([world, file('annotated.yaml', text)])).stdout).toMatch(/^✔/);
});

test('standard input, a broken document and kinds of other groups', async () => {
  const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart}
spec: {hosts: [cart], http: [{route: [{destination: {host: cart}, weight: -1}]}]}
---
a: [
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: theirs}
spec: {}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: theirs}
spec: {}
`;
  const { code, stdout } = await analyze(['-'], text);
  expect(code).toBe(1);
  const lines = stdout.split('\n').filter((line) => !line.startsWith('  '));
  expect(lines).toEqual([
    expect.stringMatching(/^Error \[OR1601\] \(File stdin:7:1\)/),
    expect.stringMatching(/^Warning \[OR2407\] \(File stdin:9:7\) BackendTLSPolicy has no effect yet/),
    expect.stringMatching(
      /^Error \[OR1646\] \(VirtualService default\/cart stdin:4:\d+\) spec\.http\[0\]\.route\[0\]\.weight/,
    ),
    '',
  ]);
  expect((await analyze(['-', '--ignore-unknown'], 'a: [')).stdout).toMatch(/^✔/);
});

test('-L lists what is looked for', async () => {
  const { code, stdout } = await runOutrigger(['analyze', '-L']);
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(analyzers.length);
});

test.each([
  [['--failure-threshold', 'bad'], 2, /Info, Warning or Error/],
  [['--suppress', 'x'], 2, /CODE=KIND/],
  [['/nowhere.yaml'], 1, /OR1801/],
  [[], 1, /OR2552/],
  [['-n', 'A B'], 2, /name of a namespace/],
])('%j is exit code %i', async (args, code, message) => {
  const answer = await analyze(args);
  expect([answer.code, answer.stdout]).toEqual([code, '']);
  expect(answer.stderr).toMatch(message);
});

test('without a cluster there is an error that says so', async () => {
  const kubeconfig = file('none.kubeconfig', 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n');
  const answer = await runOutrigger(['analyze', '--kubeconfig', kubeconfig]);
  expect([answer.code, answer.stdout]).toEqual([1, '']);
  expect(answer.stderr).toMatch(/OR163[01]/);
});

test.each([
  ['extensionProviders: [{name: door, envoyExtAuthzHttp: {service: cart.shop.svc.cluster.local, port: 8080}}]', false],
  ['accessLogFile: /dev/stdout', true],
])("Istio's meshConfig of the files is in force: %s", async (mesh, isFinding) => {
  const around = file(
    'mesh-config.yaml',
    `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: '${mesh}'}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, action: CUSTOM, provider: {name: door}, rules: [{}]}
`,
  );
  const { stdout } = await analyze([world, around]);
  expect(stdout).toMatch(isFinding ? /AuthorizationPolicy shop\/cart.*door/ : /^✔/);
});

test('of a meshConfig that cannot be read, and of what has no effect in it, it is told', async () => {
  const map = (text: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '${text}'}\n`;
  const bad = await analyze([file('bad-mesh.yaml', map('[1, 2]'))]);
  expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining('Error [OR2462] (ConfigMap istio-system/istio')]);
  const vain = await analyze([file('vain-mesh.yaml', map('ingressClass: x'))]);
  expect([vain.code, vain.stdout]).toEqual([0, expect.stringMatching(/OR2463.*ingressClass/)]);
});

/** Each is left out of the bootstrap of a pod; the first two for what is there already. */
const bootstrapFilters = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: boot, namespace: shop}
spec:
  workloadSelector: {labels: {app: cart}}
  configPatches:
    - applyTo: BOOTSTRAP
      patch: {operation: MERGE, value: {static_resources: {clusters: [{name: xds}]}}}
    - applyTo: BOOTSTRAP
      patch: {operation: MERGE, value: {node: {metadata: {long: "${'x'.repeat(140_000)}"}}}}
    - applyTo: BOOTSTRAP
      patch: {operation: MERGE, value: {stats_sinks: [{name: mine, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}
    - applyTo: BOOTSTRAP
      patch: {operation: MERGE, value: {stats_flush_interval: 10s}}
`;

test('what is left out of bootstraps is told as `preview` tells it, by `migrate`, too', async () => {
  const boot = file('boot.yaml', bootstrapFilters);
  const preview = await runOutrigger(
    ['preview', '--config', folder, '-o', 'json', file('w.yaml', readFileSync(world, 'utf8'))],
    '',
  );
  const warned = [...preview.stdout.matchAll(/OR2456 [^"]*/g)].map(([text]) => text);
  expect(warned).toHaveLength(3);
  const { stdout } = await analyze([world, boot, '-o', 'json']);
  const told = JSON.parse(stdout) as { code: string; message: string }[];
  const own = told.filter(({ code }) => code === 'OR2456').map(({ message }) => message);
  expect(own.sort()).toEqual(warned.map((text) => text.slice(text.indexOf(': ') + 2)).sort());
  const migrated = await runOutrigger(['migrate', 'istio', world, boot], '');
  for (const message of own) expect(migrated.stdout).toContain(message);
});
