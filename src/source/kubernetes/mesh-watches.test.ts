import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import type { JsonObject } from '../../model/json.ts';
import { objectKey, type SourceObject } from '../object-source.ts';
import { createConnection } from './connection.ts';
import { createKubernetesSource } from './kubernetes-source.ts';

const soon = { timeout: 20_000 };
let server: Server;
let abort: AbortController;
/** Answers by path; 404 without one, as an API server does for a kind that it has not. */
let lists: Record<string, readonly JsonObject[] | number>;
let watches: Record<string, (response: ServerResponse) => void>;
let asked: string[];

beforeEach(async () => {
  abort = new AbortController();
  asked = [];
  watches = {};
  const group = '/apis/networking.istio.io/v1';
  const plurals = ['virtualservices', 'destinationrules', 'gateways', 'serviceentries', 'sidecars'];
  plurals.push('workloadentries', 'workloadgroups');
  lists = {
    ...{ '/api/v1/namespaces': [], '/api/v1/nodes': [], '/api/v1/services': [], '/api/v1/pods': [] },
    '/apis/discovery.k8s.io/v1/endpointslices': [],
    ...Object.fromEntries(plurals.map((plural) => [`${group}/${plural}`, []])),
    '/apis/security.istio.io/v1/peerauthentications': [],
    '/apis/security.istio.io/v1/authorizationpolicies': [],
    '/apis/security.istio.io/v1/requestauthentications': [],
    '/apis/telemetry.istio.io/v1/telemetries': [],
    '/apis/outrigger.io/v1alpha1/ratelimits': [],
    '/apis/outrigger.io/v1alpha1/emergencies': [],
    '/apis/networking.istio.io/v1alpha3/envoyfilters': [],
    '/apis/networking.istio.io/v1beta1/proxyconfigs': [],
    '/api/v1/namespaces/outrigger-system/configmaps': [],
    '/api/v1/namespaces/istio-system/configmaps': [],
  };
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  abort.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://x');
  const given = lists[url.pathname] ?? 404;
  if (typeof given === 'number') response.writeHead(given).end('{}');
  else if (url.searchParams.get('watch') === 'true') {
    response.writeHead(200).flushHeaders();
    watches[url.pathname]?.(response);
  } else {
    asked.push(`${url.pathname} ${url.searchParams.get('fieldSelector') ?? ''}`.trim());
    response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: given }));
  }
}

async function run(secretNamespaces: readonly string[] = []) {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const target = { server: `http://127.0.0.1:${port}`, options: {} };
  const connection = createConnection({ target: async () => target, reload: () => undefined });
  const problems: string[] = [];
  const faults: string[] = [];
  const source = createKubernetesSource({
    onFault: ({ code, detail }) => faults.push(`${code} ${detail}`),
    ...{ connection, mesh: { secretNamespaces }, random: () => 0 },
    onProblem: ({ resource, failure }) => problems.push(`${resource}: ${failure.kind}`),
  });
  const objects = new Map<string, SourceObject>();
  source.onObjects(({ upserts, removals }) => {
    for (const key of removals) objects.delete(key);
    for (const object of upserts) objects.set(objectKey(object), object);
  });
  await source.start(abort.signal);
  return { source, problems, faults, objects };
}

const item = (name: string, more: JsonObject = {}) => ({ metadata: { name, namespace: 'a', ...more } });

test('every kind is listed; of a pod only what is read is kept', async () => {
  lists['/api/v1/namespaces'] = [{ metadata: { name: 'a' } }];
  lists['/api/v1/services'] = [item('web', { generation: 2, resourceVersion: '5', managedFields: [] })];
  const container = { name: 'app', image: 'x', env: [{ name: 'A', value: 'hunter2' }], ports: [{ containerPort: 1 }] };
  const conditions: JsonObject[] = [
    { type: 'Ready', status: 'True', lastProbeTime: 'x' },
    { type: 'Initialized', status: 'True' },
  ];
  lists['/api/v1/pods'] = [
    {
      ...item('p'),
      spec: { nodeName: 'n', containers: [container], volumes: [] },
      status: { podIP: '1.1.1.1', conditions },
    },
  ];
  const { source, objects, problems } = await run();
  await vi.waitFor(() => expect(source.objectsSynced).toBe(true), soon);
  expect([...objects.keys()].sort()).toEqual(['Namespace /a', 'Pod a/p', 'Service a/web']);
  expect(objects.get('Service a/web')).toEqual({
    ...{ apiVersion: 'v1', kind: 'Service', namespace: 'a', name: 'web' },
    object: {
      ...{ apiVersion: 'v1', kind: 'Service' },
      metadata: { name: 'web', namespace: 'a', generation: 2, annotations: {} },
    },
    origin: { kind: 'Service', namespace: 'a', name: 'web', generation: 2 },
  });
  expect(objects.get('Pod a/p')?.object).toMatchObject({
    spec: { nodeName: 'n', containers: [{ name: 'app', ports: [{ containerPort: 1 }] }], initContainers: [] },
    status: { podIP: '1.1.1.1', conditions: [{ type: 'Ready', status: 'True' }] },
  });
  expect(JSON.stringify([...objects.values()])).not.toMatch(/hunter2|volumes|lastProbeTime/);
  expect(problems).toEqual([]);
  expect(asked.filter((path) => path.includes('secrets'))).toEqual([]);
});

test('events come one by one; one that changes nothing that is kept is none', async () => {
  let stream: ServerResponse | undefined;
  watches['/api/v1/services'] = (response) => {
    stream = response;
  };
  const { source, objects } = await run();
  const told: number[] = [];
  await vi.waitFor(() => expect(source.objectsSynced && stream !== undefined).toBe(true), soon);
  source.onObjects(({ upserts, removals }) => told.push(upserts.length - removals.length));
  const event = (type: string, version: string, spec = {}) =>
    stream?.write(`${JSON.stringify({ type, object: { ...item('web', { resourceVersion: version }), spec } })}\n`);
  event('ADDED', '2');
  event('MODIFIED', '3');
  event('MODIFIED', '4', { clusterIP: 'None' });
  event('DELETED', '5');
  await vi.waitFor(() => expect(told).toEqual([1, 1, -1]), soon);
  expect(objects.size).toBe(0);
});

test('a kind that is not installed is empty, told once, and comes with its CRD in any version', async () => {
  delete lists['/apis/networking.istio.io/v1/sidecars'];
  const { source, objects, problems } = await run();
  await vi.waitFor(() => expect(source.objectsSynced).toBe(true), soon);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(problems).toEqual(['sidecars: absent']);
  lists['/apis/networking.istio.io/v1beta1/sidecars'] = [item('s')];
  await vi.waitFor(() => expect(objects.get('Sidecar a/s')?.apiVersion).toBe('networking.istio.io/v1beta1'), soon);
});

test('a kind that may not be read is told, and the rest lives', async () => {
  lists['/api/v1/pods'] = 403;
  lists['/api/v1/services'] = [item('web')];
  const { source, objects, problems } = await run();
  await vi.waitFor(() => expect(objects.has('Service a/web')).toBe(true), soon);
  await vi.waitFor(() => expect(problems).toContain('pods: forbidden'), soon);
  expect(source.objectsSynced).toBe(false);
  lists['/api/v1/pods'] = [];
  await vi.waitFor(() => expect(source.objectsSynced).toBe(true), soon);
});

test('Secrets are read where they are said to be, those of certificates only', async () => {
  const pair = {
    ...item('tls'),
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': 'QQ==', 'tls.key': 'QQ==', other: 'hunter2' },
  };
  lists['/api/v1/namespaces/gw/secrets'] = [pair, { ...item('app'), type: 'Opaque', data: { password: 'hunter2' } }];
  lists['/api/v1/namespaces/closed/secrets'] = 403;
  const { source, objects, problems } = await run(['gw', 'closed']);
  await vi.waitFor(() => expect(source.objectsSynced).toBe(true), soon);
  expect([...objects.keys()]).toEqual(['Secret a/tls']);
  expect(JSON.stringify([...objects.values()])).not.toContain('hunter2');
  expect(problems).toContain('secrets of closed: forbidden');
  expect(asked.filter((path) => path.includes('secrets')).sort()).toEqual([
    '/api/v1/namespaces/gw/secrets type=Opaque',
    '/api/v1/namespaces/gw/secrets type=kubernetes.io/tls',
  ]);
});

const proxyConfigs = '/apis/networking.istio.io/v1beta1/proxyconfigs';

test('ProxyConfigs are read for injection, and followed', async () => {
  lists[proxyConfigs] = [item('wide', {}), { ...item('own'), spec: { concurrency: 3 } }];
  let write: (event: JsonObject) => void = () => {};
  watches[proxyConfigs] = (response) => {
    write = (event) => response.write(`${JSON.stringify(event)}\n`);
  };
  const { source } = await run();
  await vi.waitFor(() => expect(source.synced).toBe(true), soon);
  expect(source.proxyConfigs?.('a', {})).toEqual({ wide: [{ concurrency: 3 }] });
  await vi.waitFor(() => {
    write({ type: 'DELETED', object: { ...item('own', { resourceVersion: '2' }), spec: { concurrency: 3 } } });
    expect(source.proxyConfigs?.('a', {})).toEqual({ wide: [{}] });
  }, soon);
});

test.each([403, 404, 500])('ProxyConfigs that cannot be listed (%s) hold up no pod', async (status) => {
  lists[proxyConfigs] = status;
  const { source, problems } = await run();
  await vi.waitFor(() => expect(source.synced).toBe(true), soon);
  expect(problems.some((problem) => problem.startsWith('proxyconfigs: '))).toBe(true);
  expect(source.proxyConfigs?.('a', {})).toBeUndefined();
});

test('the ConfigMap istio of the root namespaces is read, by name, with its data alone', async () => {
  const place = '/api/v1/namespaces/istio-system/configmaps';
  lists[place] = [
    { metadata: { name: 'istio', namespace: 'istio-system', managedFields: [] }, data: { mesh: 'a: b' } },
  ];
  const { source, objects } = await run();
  await vi.waitFor(() => expect(source.synced).toBe(true), soon);
  expect(asked).toContain(`${place} metadata.name=istio`);
  expect(objects.get('ConfigMap istio-system/istio')?.object).toMatchObject({ data: { mesh: 'a: b' } });
});

test('where the right to read it is not given, the mesh is complete without it', async () => {
  lists['/api/v1/namespaces/istio-system/configmaps'] = 403;
  const { source } = await run();
  await vi.waitFor(() => expect(source.objectsSynced).toBe(true), soon);
});

test('who cannot take one of the objects is told the others, and nothing is listed again', async () => {
  lists['/api/v1/services'] = [item('web'), item('bad'), item('zoo')];
  const { source, problems, faults } = await run();
  const seen = new Set<string>();
  source.onObjects(({ upserts }) => {
    if (upserts.some(({ name }) => name === 'bad')) throw new Error('no');
    for (const { kind, name } of upserts) if (kind === 'Service') seen.add(name);
  });
  await eventually(() => expect(source.objectsSynced).toBe(true));
  expect([...seen].sort()).toEqual(['web', 'zoo']);
  expect(faults).toEqual(['OR1660 Service a/bad: no']);
  expect(problems.filter((problem) => problem.startsWith('services'))).toEqual([]);
});
