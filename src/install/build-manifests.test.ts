import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { command } from '../cli/manifest.ts';
import { issueLeaf, makeRoot } from '../identity/make-certificates.ts';
import type { Root, RootStore } from '../identity/root-store.ts';
import type { MeshRoot, MeshRootStore } from '../identity/workload/mesh-root.ts';
import { dialectKinds } from '../schema/dialect-kinds.ts';
import { kinds } from '../schema/kinds.ts';
import { buildManifests } from './build-manifests.ts';
import { parseManifestOptions } from './manifest-options.ts';
import { prepareMeshRoot, prepareRoot } from './prepare-root.ts';
import { printManifests } from './print-manifests.ts';

let root: Root;
let files: Record<string, string>;
const read = (path: string) => files[path] ?? '';
const options = (...pairs: string[]) => parseManifestOptions(['ca.crt=ca.pem', ...pairs], read);

beforeAll(async () => {
  const now = new Date();
  root = await makeRoot(now);
  const leaf = await issueLeaf({ root, names: ['a'], now, lifetimeMs: 60_000 });
  files = { 'ca.pem': root.certificatePem + root.privateKeyPem, 'leaf.pem': leaf.chainPem, 'text.pem': 'no' };
});

describe('what is installed', () => {
  test('is the same for the same options, and complete', () => {
    const text = printManifests(buildManifests(options()), 'yaml');
    expect(printManifests(buildManifests(options()), 'yaml')).toBe(text);
    const names = parseAllDocuments(text).map((document) => document.toJS().kind);
    expect(names).toEqual([
      'Namespace',
      'Namespace',
      ...kinds.map(() => 'CustomResourceDefinition'),
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
      'Role',
      'RoleBinding',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'ConfigMap',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'Service',
      'Deployment',
      'PodDisruptionBudget',
      'NetworkPolicy',
      'MutatingWebhookConfiguration',
      'ValidatingWebhookConfiguration',
    ]);
  });

  test('carries the certificate of the authority and never its key', () => {
    const text = printManifests(buildManifests(options()), 'yaml');
    expect(text).not.toContain('PRIVATE KEY');
    const webhooks = JSON.stringify(buildManifests(options()).at(-1));
    expect(webhooks).toContain(Buffer.from(root.certificatePem).toString('base64').slice(0, -4));
    expect(webhooks).not.toContain(Buffer.from(root.privateKeyPem).toString('base64').slice(0, 60));
  });

  test('has no rendering left over', () => {
    expect(
      printManifests(buildManifests(options('revision=canary', 'revisionTags={prod,stable}')), 'json'),
    ).not.toMatch(/\$\{|\$eval|undefined/);
  });

  test('excludes system namespaces in every entry, and says every field that has a default', () => {
    const configurations = buildManifests(options('revisionTags={prod,default}', 'revision=canary')).filter(
      (object) => object.kind === 'MutatingWebhookConfiguration',
    );
    expect(configurations.map((object) => object.metadata.name)).toEqual([
      'outrigger-sidecar-injector-canary',
      'outrigger-revision-tag-default',
      'outrigger-revision-tag-prod',
    ]);
    for (const webhook of configurations.flatMap((object) => object.webhooks as Record<string, unknown>[])) {
      expect(webhook).toMatchObject({
        namespaceSelector: {
          matchExpressions: expect.arrayContaining([
            {
              key: 'kubernetes.io/metadata.name',
              operator: 'NotIn',
              values: ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage', 'outrigger-system'],
            },
          ]),
        },
        rules: [{ operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' }],
        timeoutSeconds: 5,
        reinvocationPolicy: 'IfNeeded',
        sideEffects: 'NoneOnDryRun',
        matchPolicy: 'Equivalent',
        clientConfig: { service: { name: 'outrigger-canary', path: expect.stringMatching(/^\/inject/), port: 443 } },
      });
    }
  });

  test('two revisions share no name', () => {
    const names = (revision: string) =>
      buildManifests(options(`revision=${revision}`))
        .filter(({ kind }) => kind !== 'Namespace' && kind !== 'CustomResourceDefinition')
        .map((object) => `${object.kind}/${object.metadata.name}`);
    expect(names('default').filter((name) => names('canary').includes(name))).toEqual([]);
  });

  test('rights are exactly these', () => {
    const machines = {
      ...{ apiGroups: ['networking.istio.io'], resources: ['workloadentries'] },
      verbs: ['get', 'create', 'patch', 'delete'],
    };
    const rules = buildManifests(options()).flatMap((object) => (object.rules as unknown[] | undefined) ?? []);
    expect(rules).toEqual([
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['events'], verbs: ['create'] },
      { apiGroups: [''], resources: ['services', 'pods'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      { apiGroups: ['admissionregistration.k8s.io'], resources: ['mutatingwebhookconfigurations'], verbs: ['list'] },
      ...['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'outrigger.io'].flatMap((apiGroup) => [
        {
          apiGroups: [apiGroup],
          resources: kinds.filter(({ group }) => group === apiGroup).map(({ plural }) => plural),
          verbs: ['list', 'watch'],
        },
        ...(apiGroup === 'networking.istio.io' ? [machines] : []),
      ]),
      { apiGroups: ['outrigger.io'], resources: ['emergencies'], verbs: ['delete'] },
      ...[...new Set(dialectKinds.map(({ group }) => group))].map((group) => ({
        apiGroups: [group],
        resources: dialectKinds.filter((kind) => kind.group === group).map((kind) => kind.plural),
        verbs: ['list', 'watch'],
      })),
      ...['gateway.networking.k8s.io', 'networking.k8s.io'].flatMap((group) => {
        const told = dialectKinds
          .filter((kind) => kind.group === group && !['ReferenceGrant', 'IngressClass'].includes(kind.kind))
          .map((kind) => kind.plural);
        return [
          { apiGroups: [group], resources: told, verbs: ['get'] },
          { apiGroups: [group], resources: told.map((plural) => `${plural}/status`), verbs: ['update'] },
        ];
      }),
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      {
        ...{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch', 'create', 'patch'] },
        resourceNames: ['istio-ca-root-cert'],
      },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['istio'], verbs: ['list', 'watch'] },
      {
        ...{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
        resourceNames: ['outrigger-webhook-root', 'outrigger-mesh-root', 'cacerts'],
      },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'update'] },
      {
        ...{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['outrigger-leader'] },
        verbs: ['get', 'create', 'patch', 'update'],
      },
    ]);
  });

  test('a serving certificate of others needs no root', () => {
    const text = printManifests(buildManifests(options('servingSecret=outrigger-tls')), 'yaml');
    expect(text).toContain('secretName: outrigger-tls');
    expect(text).toContain('--tls-cert-file');
    expect(text).not.toContain('--tls-names');
  });
});

describe('--set', () => {
  test.each([
    [[], 'OR1701'],
    [['ca.crt=leaf.pem'], 'OR1704'],
    [['ca.crt=text.pem'], 'OR1704'],
    [['ca.crt=absent.pem'], 'OR1704'],
    [['ca.crt=ca.pem', 'replica=3'], 'OR1702'],
    [['ca.crt=ca.pem', 'replicas=-1'], 'OR1703'],
    [['ca.crt=ca.pem', 'replicas='], 'OR1703'],
    [['ca.crt=ca.pem', 'timeoutSeconds=31'], 'OR1703'],
    [['ca.crt=ca.pem', 'namespace=Über'], 'OR1703'],
    [['ca.crt=ca.pem', 'gateways.ingress=yes'], 'OR1703'],
    [['ca.crt=ca.pem', 'gateways.serviceType=Cloud'], 'OR1703'],
    [['ca.crt=ca.pem', 'webhookUrl=http://x'], 'OR1703'],
    [['ca.crt=ca.pem', 'revisionTags=a b'], 'OR1703'],
    [['ca.crt=ca.pem', '__proto__=1'], 'OR1702'],
    [['ca.crt=ca.pem', 'replicas'], 'OR1703'],
  ])('%j is refused with %s', (pairs, code) => {
    expect(() => parseManifestOptions(pairs, read)).toThrow(expect.objectContaining({ code }));
  });

  test('a near name is offered', () => expect(() => options('replica=3')).toThrow('did you mean "replicas"?'));
});

test('the command prints what is built', async () => {
  const file = new URL('../../test/golden/absent.pem', import.meta.url).pathname;
  await expect(command().parseAsync(['generate', '--set', `ca.crt=${file}`], { from: 'user' })).rejects.toMatchObject({
    code: 'OR1704',
  });
  expect(() => readFileSync(file)).toThrow();
  expect(command().commands[0]?.helpInformation()).toContain('--set');
});

test('texts that YAML 1.1 takes for something else are quoted', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name: 'on' },
    list: ['on', 'yes', 'n', '1:30', '0x1', '1_0', '~'],
  };
  const text = printManifests([object], 'yaml');
  expect(text).not.toContain('%YAML');
  expect(parseAllDocuments(text, { version: '1.1' })[0]?.toJS()).toEqual(object);
});

/** The first that is saved stays. */
function storeOf<T>(): { load(): Promise<T | undefined>; save(made: T): Promise<void> } {
  let saved: T | undefined;
  return {
    load: async () => saved,
    save: async (made) => {
      saved ??= made;
    },
  };
}

test('a root is made once, whoever asks', async () => {
  const store: RootStore = storeOf<Root>();
  const [one, two] = await Promise.all([prepareRoot(store, new Date()), prepareRoot(store, new Date())]);
  expect(one).toEqual(two);
});

test('and so is that of the mesh', async () => {
  const store: MeshRootStore = storeOf<MeshRoot>();
  const [one, two] = await Promise.all([prepareMeshRoot(store, new Date()), prepareMeshRoot(store, new Date())]);
  expect(one).toEqual(two);
  expect(one.rootsPem).toBe(one.certificatePem);
});

test('proxies reach the control plane through its Service', () => {
  const objects = buildManifests(options()) as unknown as { kind: string; spec: { ports: object[] } }[];
  const service = objects.find((object) => object.kind === 'Service');
  expect(service?.spec.ports).toContainEqual({ name: 'tls-xds', port: 15012, targetPort: 'tls-xds', protocol: 'TCP' });
  expect(printManifests(buildManifests(options()), 'json')).toContain('"containerPort": 15012');
  for (const protocol of ['UDP', 'TCP']) {
    const name = `dns-${protocol.toLowerCase()}`;
    expect(service?.spec.ports).toContainEqual({ name, port: 15053, targetPort: name, protocol });
  }
});
