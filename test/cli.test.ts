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

describe('several objects, Lists, line ends', () => {
  const other = deployment.replace('name: web', 'name: other');

  test('-o json of several objects is one List, which uninject reads; JSON one after another is read, too', () => {
    const list = run(['inject', '-', '-o', 'json'], `${deployment}---\n${service}---\n${other}`).stdout;
    expect(JSON.parse(list)).toMatchObject({ apiVersion: 'v1', kind: 'List', items: [{}, { kind: 'Service' }, {}] });
    const objects: unknown[] = JSON.parse(list).items;
    for (const text of [list, objects.map((one) => JSON.stringify(one, null, 2)).join('\n')]) {
      const back = run(['uninject', '-', '-o', 'json'], text);
      expect(back.stderr).toBe('Deployment web uninjected\nDeployment other uninjected\n');
      const before = parseAllDocuments(`${deployment}---\n${service}---\n${other}`).map((one) => one.toJS() as unknown);
      expect(JSON.parse(back.stdout).items).toEqual(before);
    }
  });

  test('octal modes keep their meaning, texts stay texts, CRLF stays CRLF', () => {
    const volume = '      volumes: [{name: v, secret: {secretName: s, defaultMode: 0400}}]\n';
    const text = `${deployment}        args: ["yes", '0o17']\n${volume}`.replaceAll('\n', '\r\n');
    const injected = run(['inject', '-'], text).stdout;
    expect(injected.replaceAll('\r\n', '')).not.toContain('\n');
    expect(injected).toContain('defaultMode: 0400');
    expect(injected).toMatch(/args: \[ ?"yes", '0o17' ?\]/);
    const json = JSON.parse(run(['inject', '-', '-o', 'json'], text).stdout);
    const volumes: { name: string }[] = json.spec.template.spec.volumes;
    expect(volumes.find(({ name }) => name === 'v')).toMatchObject({ secret: { defaultMode: 256 } });
    const back = run(['uninject', '-'], injected).stdout;
    expect(parseAllDocuments(back, { version: '1.1' })[0]?.toJS()).toEqual(
      parseAllDocuments(text, { version: '1.1' })[0]?.toJS(),
    );
    expect(back).toContain('# the label\r\n');
  });

  test('a DeploymentList is a List', () => {
    const items = [{ ...parseAllDocuments(deployment)[0]?.toJS(), kind: undefined, apiVersion: undefined }];
    const list = JSON.stringify({ apiVersion: 'apps/v1', kind: 'DeploymentList', items });
    const { stdout, stderr } = run(['inject', '-'], list);
    expect(stderr).toBe('Deployment default/web injected\n');
    expect(JSON.parse(stdout).items[0]).not.toHaveProperty('kind');
    expect(JSON.parse(stdout).items[0].spec.template.spec.initContainers).toHaveLength(2);
  });
});

describe('outrigger preview', () => {
  test('what is assumed of a namespace is said once, by preview alone', () => {
    const assumed =
      'namespace shop is assumed to have istio-injection=enabled; --namespace-labels, --config or --kubernetes tell otherwise\n';
    const two = `${deployment}---\n${deployment}`;
    expect(run(['preview', '-', '-n', 'shop'], two).stderr).toBe(assumed);
    expect(run(['preview', '-', '-n', 'shop', '--namespace-labels', 'a=b'], two).stderr).toBe('');
    expect(run(['inject', '-', '-n', 'shop'], deployment).stderr).toBe('Deployment shop/web injected\n');
  });

  test('a namespace that the folder does not know is OR1111', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { status, stdout } = run(['preview', '-', '-n', 'nope', '--config', empty], deployment);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^# Deployment nope\/web: rejected\. OR1111 /);
    const namespace =
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: nope, labels: {istio-injection: enabled}}\n---\n';
    const made = run(['inject', '-', '-n', 'nope', '--config', empty], namespace + deployment);
    expect([made.status, made.stderr]).toEqual([0, 'Deployment nope/web injected\n']);
  });

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

  test('ProxyConfigs from a folder', () => {
    const configs = join(folder, 'configs');
    mkdirSync(configs);
    const text = `apiVersion: v1
kind: Namespace
metadata: {name: lit, labels: {istio-injection: enabled}}
---
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: {name: seven, namespace: lit}
spec: {selector: {matchLabels: {app: web}}, environmentVariables: {SEVEN: "7"}}
`;
    writeFileSync(join(configs, 'all.yaml'), text);
    const around = ['-n', 'lit', '--config', configs];
    expect(run(['inject', '-', ...around], deployment).stdout).toMatch(/name: SEVEN\n\s+value: "7"/);
    expect(run(['preview', '-', ...around, '-o', 'diff'], deployment).stdout).toContain('SEVEN');
    expect(run(['inject', '-', '-n', 'lit'], deployment).stdout).not.toContain('SEVEN');
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

  test.each(['', '# nothing\n---\n', 'null\n'])('empty input %j is OR1804', (input) => {
    for (const command of ['inject', 'uninject', 'preview']) {
      const { status, stdout, stderr } = run([command, '-'], input);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/OR1804 standard input/);
    }
  });

  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: {} }],
    }),
  );

  test.each<[string[], number, RegExp]>([
    [['inject'], 1, /OR1802/],
    [['inject', '-', '--kubeconfig', '/nope'], 1, /^(?!.*OR1630).*OR1631 .*\/nope[\s\S]*--kubeconfig/],
    [
      ['preview', '-', '--kubeconfig', kubeconfig, '--context', 'nope'],
      1,
      /OR1631 there is no context "nope"; .*: here/,
    ],
    [['inject', 'no-such-file.yaml'], 1, /OR1801 no-such-file\.yaml/],
    [['preview', '-', '-o', 'xml'], 2, /Allowed choices are text, json, yaml, diff/],
    [['injekt', '-'], 2, /inject/],
    [['stat', '--kubeconfig', '/nope'], 1, /OR1631 .*\/nope/],
    [['emergency', 'statuss'], 2, /OR2561 .*did you mean status/],
    [['emergency', 'mesh', '--level', 'authz'], 2, /OR2561 it needs --reason/],
    [['emergency', 'mesh', '--level', 'authz', '--reason', 'x', '--ttl', '90d'], 2, /OR2561 --ttl "90d"/],
    [['inject', '-', '--set', 'injection.proxy.loglevel=x'], 1, /OR1001.*logLevel/s],
  ])('%j exits with %i', (args, status, message) => {
    const result = run(args, 'kind: Pod');
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });
});

describe('outrigger scope', () => {
  const state = mkdtempSync(join(tmpdir(), 'outrigger-scope-'));
  afterAll(() => rmSync(state, { recursive: true }));
  const learnt = join(state, 'learnt-scopes');
  mkdirSync(learnt, { recursive: true });
  const day = '2026-11-21';
  const uses = ['cart', 'stock', 'users', 'mail', 'search'].map((name) => [
    ...['cluster', `outbound|80||${name}`, `shop/${name}.shop.svc.cluster.local`, day],
  ]);
  const workloads = {
    web: { labels: { app: 'web' }, sampled: day, uses },
    bare: { labels: {}, sampled: day, uses: [] },
  };
  writeFileSync(join(learnt, 'shop.json'), JSON.stringify({ version: 1, workloads }));
  const from = ['--state-dir', state];

  test('a table of what is known, or of nothing', () => {
    const { status, stdout } = run(['scope', '-A', ...from]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^NAMESPACE +WORKLOAD +SERVICES +LAST SEEN +USES\n/);
    expect(stdout).toMatch(/\nshop +web +5 +2026-11-21 +shop\/cart\S+, .* and 1 more\n/);
    const none = run(['scope', ...from]);
    expect([none.status, none.stdout]).toEqual([0, '']);
    expect(none.stderr).toContain('No workload of namespace default');
  });

  test('the Sidecar resource of one, and of all as a List', () => {
    const { stdout } = run(['scope', 'web', '-n', 'shop', ...from]);
    expect(parseAllDocuments(stdout)[0]?.toJS()).toMatchObject({
      kind: 'Sidecar',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { workloadSelector: { labels: { app: 'web' } } },
    });
    const list = JSON.parse(run(['scope', '-n', 'shop', '-o', 'json', ...from]).stdout);
    expect(list).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'web' } }] });
  });

  test('a workload may be named with its namespace; a folder that is not there is told', () => {
    expect(run(['scope', 'shop/web', ...from]).stdout).toContain('kind: Sidecar');
    const { status, stderr } = run(['scope', '--state-dir', join(state, 'nowhere')]);
    expect(status).toBe(1);
    expect(stderr).toContain('OR2480');
  });

  test.each([[['workload', 'group', 'create']], [['root', 'rotate', '--until', 'retire']], [['scope', '-o', 'xml']]])(
    '%j is a wrong command line',
    (args) => expect(run(args).status).toBe(2),
  );

  test.each([
    [['wep', '-n', 'shop'], /OR2481 .*did you mean shop\/web\?/],
    [['bare', '-n', 'shop'], /OR2481 .*no labels/],
  ])('%j is refused with a hint', (args, message) => {
    const { status, stderr } = run(['scope', ...args, ...from]);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });
});
