import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildManifests } from '../../install/build-manifests.ts';
import { complete, type Draft } from '../../install/manifest-options.ts';
import { readRecorded, recordOptions } from '../../install/recorded-options.ts';
import { readInstallation } from './installation-options.ts';

const read = (set: string[], filename: string[] = [], revision?: string) =>
  readInstallation({ set, filename, ...(revision === undefined ? {} : { revision }) }, () => '');
const objectsOf = (draft: Draft) => buildManifests(complete({ ...draft, caPem: 'x' }));
const names = (draft: Draft, kind: string) =>
  objectsOf(draft)
    .filter((object) => object.kind === kind)
    .map(({ metadata }) => metadata.name);

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'outrigger-options-')), 'values.yaml');
  writeFileSync(path, text);
  return path;
}

describe('profiles', () => {
  test.each([
    ['minimal', []],
    ['default', ['istio-ingressgateway']],
    ['demo', ['istio-ingressgateway', 'istio-egressgateway']],
  ])('%s', (profile, gateways) => {
    const { draft } = read([`profile=${profile}`]);
    expect(names(draft, 'Deployment')).toEqual(['outrigger', ...gateways]);
    expect(names(draft, 'HorizontalPodAutoscaler')).toEqual(profile === 'default' ? gateways : []);
    expect(names(draft, 'ConfigMap')).toEqual(['outrigger-options', ...(profile === 'demo' ? ['istio'] : [])]);
  });

  test('the default one is `default`; beside it a revision has no gateways of its own', () => {
    expect(read([]).profile).toBe('default');
    expect(read([], [], 'canary').profile).toBe('minimal');
    expect(read(['profile=demo'], [], 'canary').draft.gateways?.egress).toBe(true);
  });

  test('gateways may read Secrets where they are, and nowhere else', () => {
    const [deployment] = objectsOf(read([]).draft).filter(({ metadata }) => metadata.name === 'outrigger' && true);
    expect(deployment).toBeDefined();
    expect(names(read([]).draft, 'Role')).toContain('outrigger-gateway-secrets');
    expect(JSON.stringify(objectsOf(read([]).draft))).toContain('mesh.secretNamespaces=[\\"istio-system\\"]');
    expect(names(read(['profile=minimal']).draft, 'Role')).toEqual(['outrigger']);
  });
});

describe('values', () => {
  test('any key of the server goes to the server, in the form that it reads', () => {
    const { draft } = read(['mesh.pushedHosts=5', 'injection.nativeSidecars=true', 'mesh.trustDomainAliases=[a,b]']);
    expect(draft.settings).toEqual({
      'mesh.pushedHosts': 5,
      'injection.nativeSidecars': 'true',
      'mesh.trustDomainAliases': ['a', 'b'],
    });
    expect(JSON.stringify(objectsOf(draft))).toContain('"--set","mesh.trustDomainAliases=[\\"a\\",\\"b\\"]"');
  });

  test("Istio's spelling is taken where it means something, and told where not", () => {
    const { draft, reports } = read([
      'meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY',
      'values.global.proxy.logLevel=debug',
      'values.pilot.traceSampling=50',
      'values.gateways.istio-ingressgateway.type=NodePort',
      'components.egressGateways[0].enabled=true',
      'hub=docker.io/istio',
    ]);
    expect(draft).toMatchObject({
      meshConfig: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, defaultConfig: { tracing: { sampling: 50 } } },
      settings: { 'injection.proxy.logLevel': 'debug' },
      gateways: { serviceType: 'NodePort', egress: true },
    });
    expect(reports.map(({ key }) => key)).toEqual(['hub']);
  });

  test('files: our form, and an IstioOperator; pairs win', () => {
    const ours = file(
      'replicas: 3\ngateways: {egress: true}\nmesh: {pushedHosts: 7}\nmeshConfig: {accessLogFile: /dev/stdout}\n',
    );
    expect(read(['replicas=4'], [ours]).draft).toMatchObject({
      replicas: 4,
      gateways: { egress: true, ingress: true },
      settings: { 'mesh.pushedHosts': 7 },
      meshConfig: { accessLogFile: '/dev/stdout' },
    });
    const operator = file(`kind: IstioOperator
spec:
  profile: minimal
  revision: blue
  components: {egressGateways: [{enabled: true}]}
  values: {global: {proxy: {logLevel: debug}}}
`);
    const { draft, profile } = read([], [operator]);
    expect([profile, draft.revision, draft.gateways?.egress]).toEqual(['minimal', 'blue', true]);
    expect(draft.settings).toEqual({ 'injection.proxy.logLevel': 'debug' });
  });

  test.each([
    ['mesh.pushdHosts=5', 'OR1702', 'did you mean "mesh.pushedHosts"?'],
    ['gateway.ingress=true', 'OR1702', 'did you mean "gateways.ingress"?'],
    ['meshConfig.acessLogFile=x', 'OR1702', 'did you mean accessLogFile?'],
    ['mesh.pushedHosts=many', 'OR1002', 'a whole number'],
    ['meshConfig.accessLogEncoding=XML', 'OR1002', 'one of'],
    ['profile=ambient', 'OR2501', 'minimal, default, demo'],
    ['profile=../x', 'OR2501', 'minimal'],
    ['injection.revision=x', 'OR2500', 'use --revision'],
    ['discovery.port=1', 'OR2500', 'the Service'],
    ['gateways.namespace=outrigger-system', 'OR1703', 'another namespace'],
    ['image=a b', 'OR1703', 'an image without spaces, like registry.example/outrigger:0.1.0'],
    ['revision=A_B', 'OR1703', 'like canary'],
    ['replicas', 'OR1703', '"=value"'],
  ])('%s is refused with %s', (pair, code, text) => {
    expect(() => read([pair])).toThrow(expect.objectContaining({ code, detail: expect.stringContaining(text) }));
  });

  test('a file that is none is refused', () => {
    expect(() => read([], [file('- a')])).toThrow(expect.objectContaining({ code: 'OR2502' }));
    expect(() => read([], ['/nowhere.yaml'])).toThrow(expect.objectContaining({ code: 'OR2502' }));
  });
});

test('what was installed is recorded, so that the same objects can be made again', () => {
  const options = complete({ ...read(['profile=demo', 'mesh.pushedHosts=5', 'replicas=3']).draft, caPem: 'x' });
  const recorded = readRecorded(recordOptions(options), 'x');
  const again = { ...recorded, namespace: options.namespace, tags: [], caPem: 'x' };
  expect(buildManifests(again)).toEqual(buildManifests(options));
  expect(recordOptions(options)).not.toContain('caPem');
  expect(() => readRecorded('[', 'x')).toThrow(expect.objectContaining({ code: 'OR2510' }));
  expect(readRecorded('{}', 'x').replicas).toBe(2);
});
