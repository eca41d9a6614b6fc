import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const main = join(import.meta.dirname, '../src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const deployment = `# my shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web} # the label
    spec:
      containers:
      - name: web
        image: example/web:1
`;
const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n';

describe('outrigger inject, kube-inject, uninject', () => {
  test('inject - keeps comments and other documents; uninject gives back the original', () => {
    const injected = run(['inject', '-'], `${service}---\n${deployment}`);
    expect(injected.status).toBe(0);
    expect(injected.stderr).toBe('Deployment default/web injected\n');
    expect(injected.stdout).toContain(service);
    expect(injected.stdout).toContain('# my shop');
    expect(injected.stdout).toContain('# the label');
    const back = run(['uninject', '-'], injected.stdout);
    expect(back.status).toBe(0);
    const data = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as unknown);
    expect(data(back.stdout)).toEqual(data(`${service}---\n${deployment}`));
    expect(back.stdout).toContain('# my shop');
  });

  test('kube-inject -f, -o json and -o diff', () => {
    const file = join(folder, 'web.yaml');
    writeFileSync(file, deployment);
    expect(
      JSON.parse(run(['kube-inject', '-f', file, '-o', 'json']).stdout).spec.template.spec.initContainers.length,
    ).toBe(2);
    expect(run(['kube-inject', '-f', file, '-o', 'diff']).stdout).toMatch(/^--- Deployment default\/web\n\+\+\+ /);
  });

  test('a refused pod prints nothing to apply and exits with 1', () => {
    const bad = deployment.replace('labels: {app: web}', 'annotations: {sidecar.istio.io/proxyCPU: lots}');
    const { status, stdout, stderr } = run(['inject', '-'], `${service}---\n${bad}`);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/OR1202 .*proxyCPU.*"lots"/);
  });

  test('of several refused pods each is named', () => {
    const bad = deployment.replace('labels: {app: web}', 'annotations: {sidecar.istio.io/proxyCPU: lots}');
    const { status, stdout, stderr } = run(['inject', '-'], `${bad}---\n${bad.replace('name: web', 'name: other')}`);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /Deployment default\/web refused: OR1202[\s\S]*Deployment default\/other refused: OR1202[\s\S]*OR1803 2 pods/,
    );
  });

  test('what is skipped says why', () => {
    const { status, stderr, stdout } = run(
      ['inject', '-'],
      deployment.replace('containers:', 'hostNetwork: true\n      containers:'),
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^===> Skipping injection because Deployment default\/web: The pod uses the network of its node/,
    );
    expect(stdout).toContain('hostNetwork: true');
    expect(stdout).not.toContain('istio-proxy');
  });

  test('--istio-values reports what has no effect', () => {
    const { status, stdout, stderr } = run(
      ['inject', '-', '--istio-values', 'global.proxy.resources.requests.cpu=7m', '--istio-values', 'global.tag=1.30'],
      deployment,
    );
    expect(status).toBe(0);
    expect(stdout).toContain('cpu: 7m');
    expect(stderr).toContain('istio-values: global.tag has no effect: ');
  });
});

describe('outrigger preview', () => {
  test('text, JSON and exit code 1 for a pod that would be refused', () => {
    const text = run(['preview', '-f', '-', '-n', 'shop', '--explain'], deployment);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^# Deployment shop\/web: injected\..*\n# {3}host-network /);
    expect(text.stdout).toContain('#   -A PREROUTING -p tcp -j ISTIO_INBOUND');
    const json = JSON.parse(
      run(['preview', '-', '-o', 'json', '--namespace-labels', 'istio-injection=disabled'], deployment).stdout,
    );
    expect(json).toMatchObject({ outcome: 'skipped', decision: { decidedBy: 'namespace_disabled' } });
    const refused = run(
      ['preview', '-'],
      deployment.replace('labels: {app: web}', 'annotations: {sidecar.istio.io/interceptionMode: x}'),
    );
    expect(refused.status).toBe(1);
    expect(refused.stdout).toMatch(/rejected\. OR1201/);
  });

  test('namespaces from a folder', () => {
    writeFileSync(join(folder, 'ns.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: {name: dark}\n');
    const { stdout } = run(['preview', '-', '-n', 'dark', '--config', folder, '-o', 'json'], deployment);
    expect(JSON.parse(stdout).decision.decidedBy).toBe('not_selected');
  });
});

describe('mistakes', () => {
  test('a folder that is not there, or has a file without good content, prints nothing', () => {
    const bad = join(folder, 'bad');
    mkdirSync(bad);
    writeFileSync(join(bad, 'ns.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: {name: [\n');
    for (const [name, code] of [
      [join(folder, 'nope'), /OR1605/],
      [bad, /OR1601 .*ns\.yaml:\d+/],
    ] as const) {
      const { status, stdout, stderr } = run(['inject', '-', '--config', name], deployment);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(code);
    }
  });

  test('a state folder that cannot hold the certificate is a coded error', () => {
    mkdirSync(join(folder, 'state/ca.crt'), { recursive: true });
    const { status, stderr } = run(['serve', '--port', '0', '--state-dir', join(folder, 'state')]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/OR1006 .*ca\.crt/);
  });

  test.each<[string[], number, RegExp]>([
    [['inject'], 1, /OR1802/],
    [['inject', 'no-such-file.yaml'], 1, /OR1801 no-such-file\.yaml/],
    [['preview', '-', '-o', 'xml'], 2, /Allowed choices are text, json, yaml, diff/],
    [['injekt', '-'], 2, /inject/],
    [['inject', '-', '--set', 'injection.proxy.loglevel=x'], 1, /OR1001.*logLevel/s],
  ])('%j exits with %i', (args, status, message) => {
    const result = run(args, 'kind: Pod');
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });
});
