import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { makeRoot } from '../../src/identity/make-certificates.ts';
import { piecesFolder } from './kubectl.ts';
import { runOutrigger } from './outrigger.ts';

const manifests = join(import.meta.dirname, '../../manifests');
const helm = join(process.env['OUTRIGGER_CACHE'] ?? join(homedir(), '.cache', 'outrigger'), 'helm-3.22.0', 'helm');
const kubectl = join(piecesFolder(), 'kubectl');
const required = (process.env['OUTRIGGER_REQUIRE'] ?? '').split(',').includes('cluster');
const missing = [helm, kubectl].filter((path) => !existsSync(path));
if (missing.length > 0 && !required)
  console.warn(`charts skipped, for ${missing.join(', ')}: run test/charts/install.sh, test/cluster/install.sh`);

interface Made {
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  data?: Record<string, string>;
}

describe.skipIf(missing.length > 0 && !required)('chart and overlays', () => {
  let folder = '';
  let ca = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-charts-'));
    ca = join(folder, 'ca.crt');
    writeFileSync(ca, (await makeRoot(new Date())).certificatePem);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const generated = async (...args: string[]): Promise<Map<string, unknown>> => {
    const { code, stdout, stderr } = await runOutrigger(['manifest', 'generate', '--set', `ca.crt=${ca}`, ...args]);
    expect([code, stderr]).toEqual([0, '']);
    return byName(stdout);
  };
  const template = (...args: string[]): string =>
    execFileSync(
      helm,
      ['template', 'mesh', join(manifests, 'charts/outrigger'), '--kube-version', '1.36.3', '--include-crds', ...args],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] },
    );

  test.each([
    ['with its values', [], []],
    ['minimal', ['-f', 'profiles/minimal.yaml'], ['--set', 'profile=minimal']],
    ['demo', ['-f', 'profiles/demo.yaml'], ['--set', 'profile=demo']],
    [
      'with many values',
      [
        ...['--namespace', 'mesh', '--set', 'revision=blue,revisionTags={prod,default},replicas=3,timeoutSeconds=7'],
        ...['--set', 'enableNamespacesByDefault=true,servingSecret=tls,gateways.egress=true,gateways.autoscale=false'],
        ...['--set', 'image=example/x:1,gateways.serviceType=NodePort,webhookUrl=https://a:1'],
        ...['--set-json', 'settings={"mesh.pushedHosts":5,"mesh.trustDomainAliases":["a<b"],"log.level":"debug"}'],
        ...['--set-json', 'meshConfig={"accessLogFile":"/dev/stdout","defaultConfig":{"tracing":{"sampling":5}}}'],
      ],
      [
        ...['--set', 'profile=default,namespace=mesh,revision=blue', '--set', 'revisionTags={prod,default}'],
        ...['--set', 'replicas=3,timeoutSeconds=7,enableNamespacesByDefault=true,servingSecret=tls'],
        ...['--set', 'gateways.egress=true,gateways.autoscale=false,image=example/x:1,gateways.serviceType=NodePort'],
        ...[
          '--set',
          'webhookUrl=https://a:1,mesh.pushedHosts=5,log.level=debug',
          '--set',
          'mesh.trustDomainAliases=[a<b]',
        ],
        ...['--set', 'meshConfig.accessLogFile=/dev/stdout', '--set', 'meshConfig.defaultConfig.tracing.sampling=5'],
      ],
    ],
  ])('helm template %s makes the objects of manifest generate', async (_, values, args) => {
    const files = values.map((value) =>
      value.startsWith('profiles/') ? join(manifests, 'charts/outrigger', value) : value,
    );
    const namespace = values.includes('mesh') ? 'mesh' : 'outrigger-system';
    const made = byName(template('-n', namespace, '--set-file', `caBundle=${ca}`, ...files));
    const wanted = await generated(...args);
    // A release is made in its namespace, which is there before it.
    wanted.delete(`Namespace /${namespace}`);
    expect([...made.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [name, object] of wanted) expect([name, made.get(name)]).toEqual([name, object]);
  });

  test('without the certificate it says how to get one', () => {
    expect(() => template()).toThrow(/caBundle is needed.*--set-file caBundle=ca\.crt.*docs\/security\.md/);
  });

  test.each(['minimal', 'default', 'demo'])('kustomize %s makes the objects of manifest generate', async (profile) => {
    const copy = join(folder, profile);
    cpSync(join(manifests, 'kustomize'), join(copy, 'kustomize'), { recursive: true });
    cpSync(join(manifests, 'crds'), join(copy, 'crds'), { recursive: true });
    cpSync(ca, join(copy, 'kustomize', profile, 'ca.crt'));
    const text = execFileSync(kubectl, ['kustomize', join(copy, 'kustomize', profile)], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const wanted = await generated('--set', `profile=${profile}`);
    // Base64 in lines, which the API server reads as well.
    const joined = text.replaceAll(
      /(caBundle: )\|\n((?:\s+[A-Za-z0-9+/=]+\n)+)/g,
      (_, key, lines) => `${key}${lines.replaceAll(/\s/g, '')}\n`,
    );
    expect(byName(joined)).toEqual(wanted);
  });
});

/** Each object under its name; texts of YAML as what they say, what Helm alone reads left out. */
function byName(text: string): Map<string, unknown> {
  const objects = parseAllDocuments(text, { version: '1.1' }).flatMap(
    (document) => (document.toJS() as Made | null) ?? [],
  );
  return new Map(
    objects.map((object) => {
      const { kind, metadata, data } = object;
      const { 'helm.sh/resource-policy': _, ...annotations } = metadata.annotations ?? {};
      const { annotations: __, ...rest } = metadata;
      const bare = Object.keys(annotations).length === 0 ? rest : { ...rest, annotations };
      const read = data?.['mesh'] === undefined ? {} : { data: { mesh: parse(data['mesh']) } };
      return [`${kind} ${metadata.namespace ?? ''}/${metadata.name}`, { ...object, metadata: bare, ...read }];
    }),
  );
}
