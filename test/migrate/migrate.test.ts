import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MigrationItem, MigrationReport } from '../../src/migrate/report.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

function migrate(mesh: string, args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'migrate', mesh, ...args], {
    ...{ input, encoding: 'utf8', cwd: import.meta.dirname },
  });
  return { status, stdout, stderr };
}

const reportOf = (mesh: string): MigrationReport =>
  JSON.parse(migrate(mesh, [`${mesh}.yaml`, '-o', 'json']).stdout) as MigrationReport;
const lines = (items: readonly MigrationItem[]) => items.map(({ subject, places }) => [subject, ...places].join(' '));

describe('from Istio', () => {
  const report = reportOf('istio');

  test('what works, differs and does not', () => {
    expect(lines(report.unchanged)).toEqual([
      'VirtualService shop/a',
      'Gateway.gateway.networking.k8s.io shop/front shop/far',
      'istio-injection=enabled shop',
      'meshConfig.accessLogFile',
      'meshConfig.outboundTrafficPolicy.mode',
      'sidecar.istio.io/proxyCPU Deployment shop/a',
    ]);
    expect(lines(report.differs)).toEqual([
      // Although no proxy is there for it.
      expect.stringMatching(/^EnvoyFilter .*nowhere\/no-time spec\.configPatches\[0\]/),
      'meshConfig.defaultServiceExportTo',
      'sidecar.istio.io/agentLogLevel Deployment shop/a',
    ]);
    expect(lines(report.unsupported)).toEqual(['WasmPlugin shop/w', 'istio.io/dataplane-mode=ambient amb']);
  });

  test('what is refused is not supported, and stands nowhere else', () => {
    const broken = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: x}\nspec: {tcp: 5}\n';
    const { stdout } = migrate('istio', ['-', '-o', 'json'], broken);
    const { unchanged, differs, unsupported } = JSON.parse(stdout) as MigrationReport;
    expect([unchanged, differs]).toEqual([[], []]);
    expect(lines(unsupported)).toEqual([expect.stringMatching(/^VirtualService VirtualService default\/x spec\.tcp/)]);
  });

  test('the steps name the namespaces with their pods, and the gateway', () => {
    const titles = report.steps.map(({ title }) => title);
    expect(titles).toContain('Move shop (1 pod with a sidecar)');
    expect(titles.some((title) => title.startsWith('Move the ingress'))).toBe(true);
    expect(report.steps.flatMap(({ commands }) => commands)).toContain(
      `kubectl patch gateways.gateway.networking.k8s.io front -n shop --type merge -p '{"spec":{"gatewayClassName":"outrigger"}}'`,
    );
    expect(JSON.stringify(report.steps)).not.toContain('gateways.gateway.networking.k8s.io far');
    expect(report.steps.flatMap(({ commands }) => commands)).toContain(
      'kubectl label namespace shop istio-injection- istio.io/rev=outrigger --overwrite',
    );
    // Istio's own gateways have the names of ours.
    expect(
      report.steps.flatMap(({ commands }) => commands).filter((line) => line.startsWith('outrigger install')),
    ).toEqual(Array(2).fill(expect.stringContaining('gateways.namespace=outrigger-gateways')));
  });
});

describe('from Linkerd', () => {
  const report = reportOf('linkerd');

  test('what works, differs and does not', () => {
    expect(lines(report.unchanged)).toEqual([
      'TrafficSplit shop/a',
      'linkerd.io/inject: enabled Namespace shop',
      'config.linkerd.io/proxy-cpu-request Deployment shop/a',
      'config.linkerd.io/skip-outbound-ports Namespace shop',
    ]);
    expect(report.differs.map(({ subject }) => subject)).toEqual(['ServiceProfile', 'config.linkerd.io/proxy-await']);
    expect(report.differs[0]?.places[0]).toMatch(/spec\.opaquePorts \(linkerd\.yaml:15:/);
  });

  test('what kept somebody out is not supported, never merely different', () => {
    expect(lines(report.unsupported)).toEqual([
      'Server shop/w',
      'AuthorizationPolicy shop/w',
      'config.linkerd.io/default-inbound-policy Namespace shop',
    ]);
    for (const { text } of report.unsupported) expect(text).toContain('everybody may call');
  });
});

describe('what is read as something else', () => {
  test('a Gateway of Gateway API is read, a waypoint is not supported', () => {
    const gateway = (name: string, of: string) =>
      `apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: ${name}, namespace: b}\nspec: {gatewayClassName: ${of}, listeners: []}\n`;
    const route =
      'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: b}\nspec: {parentRefs: [{name: g}]}\n';
    const both = [gateway('g', 'istio'), gateway('w', 'istio-waypoint'), route].join('---\n');
    const report = JSON.parse(migrate('istio', ['-', '-o', 'json'], both).stdout) as MigrationReport;
    expect(lines(report.unsupported)).toEqual(['Gateway of class istio-waypoint b/w']);
    expect(report.differs.filter(({ text }) => text.includes('there is no Gateway'))).toEqual([]);
  });

  test('annotations that injection would refuse are not supported', () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: b, annotations: {sidecar.istio.io/proxyCPU: zz}}\nspec: {containers: [{name: a, image: a}]}\n';
    const report = JSON.parse(migrate('istio', ['-', '-o', 'json'], pod).stdout) as MigrationReport;
    expect(report.unsupported.map(({ text }) => text)).toEqual([expect.stringMatching(/^OR1202/)]);
  });

  test('nothing of a name moves the terminal', () => {
    const space =
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: n, annotations: {linkerd.io/inject: "\\e[31m\\nfake"}}\n';
    const { stdout } = migrate('linkerd', ['-'], space);
    expect(stdout).not.toContain(String.fromCharCode(27));
    expect(stdout.split('\n')).not.toContain('fake');
  });
});

describe('the command', () => {
  test('text, and 1 where something is not supported', () => {
    const { status, stdout } = migrate('linkerd', ['linkerd.yaml']);
    expect(status).toBe(1);
    expect(stdout).toContain('Not supported\n  ✘ Server');
    expect(stdout).toContain('       $ outrigger install -y');
  });

  test('0 where everything works, from standard input', () => {
    const profile =
      'apiVersion: linkerd.io/v1alpha2\nkind: ServiceProfile\nmetadata: {name: a.b.svc.cluster.local, namespace: b}\nspec: {}\n';
    const { status, stdout } = migrate('linkerd', ['-'], profile);
    expect(status).toBe(0);
    expect(stdout).toContain('✔ ServiceProfile');
  });

  test('nothing to read and broken files are errors with a code', () => {
    expect(migrate('istio', ['-'], '')).toMatchObject({ status: 1, stderr: expect.stringContaining('OR2554') });
    const broken = migrate('istio', ['-', 'istio.yaml'], 'a: [');
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/OR\d{4} stdin/);
    expect(broken.stdout).toContain('WasmPlugin');
    expect(migrate('isto', []).status).toBe(2);
  });
});
