import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cpuMs } from '../../../test/cpu-time.ts';
import { OutriggerError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import { defaultMeshSettings } from '../../model/mesh-settings.ts';
import { noCounts } from '../../observe/call-counts.ts';
import { emptySnapshot } from '../../registry/snapshot.ts';
import { userAccess } from '../../source/kubernetes/user-access.ts';
import { Graphs } from '../graphs.ts';
import { applyChange, previewChange, readChange } from './change.ts';
import { versionOf } from './config.ts';
import { Deliveries, noOtherDeliveries } from './deliveries.ts';
import type { World } from './world.ts';

interface Call {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

const calls: Call[] = [];
let answers: Record<string, [number, object]> = {};
let server: Server;
let access: ReturnType<typeof userAccess>;

/** An API server that keeps what it is asked. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = method === 'GET' ? undefined : await json(request);
    calls.push({ method, url, authorization: headers.authorization, type: headers['content-type'], body });
    const [status, answer] = answers[method] ?? [404, { message: 'not found' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = { headers: { Authorization: 'Bearer of-the-control-plane' } };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  access = userAccess({ target: async () => ({ server: url, options: own }), reload: () => undefined });
});
afterAll(() => void server.close());
beforeEach(() => {
  calls.length = 0;
});

const route = (weight: number) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop, uid: u-1, managedFields: []}
spec: {hosts: [cart], http: [{route: [{destination: {host: cart}, weight: ${weight}}]}]}
`;
const before = readChange(route(100));
const mesh: World['mesh'] = {
  snapshot: () => emptySnapshot,
  settled: () => [],
  report: () => ({ instance: '', version: '', now: '', workloads: [], proxies: [] }),
};
const world: World = {
  mesh,
  settings: () => defaultMeshSettings,
  objects: () => [
    { apiVersion: 'networking.istio.io/v1', ...before.place, object: before.object, origin: before.place },
  ],
  problems: () => [],
  counts: noCounts,
  graphs: new Graphs({ counts: noCounts, inventory: () => ({ workloads: [], isInside: () => true }), now: () => 0 }),
  useOf: () => undefined,
  looks: { look: () => undefined },
  useKnown: async () => undefined,
  deliveries: new Deliveries({ mesh, others: noOtherDeliveries, now: () => 0 }),
  certificateEnd: () => undefined,
  changes: () => ({ now: 0, since: 0, changes: [] }),
};
const { metadata } = before.object;
const live = { ...before.object, metadata: { ...(metadata as JsonObject), resourceVersion: '7' }, status: {} };
const codeOf = async (act: () => unknown): Promise<string> => {
  try {
    await act();
  } catch (error) {
    return error instanceof OutriggerError ? error.code : String(error);
  }
  return 'fine';
};

test('a preview: the difference in what people write, and what is found', () => {
  expect(previewChange(world, before)).toMatchObject({ diff: '', applied: false });
  const { diff, yaml } = previewChange(world, readChange(route(50)));
  expect(diff).toMatch(/^-.*weight: 100$/m);
  expect(diff).toMatch(/^\+.*weight: 50$/m);
  expect(yaml).not.toMatch(/uid|managedFields/);
  const wrong = previewChange(world, readChange(route(100).replace('weight: 100', 'weight: many')));
  expect(wrong.findings).toMatchObject([{ severity: 'Error' }]);
  expect(wrong.findings[0]?.message).toContain('weight');
});

test('what is no one resource of the mesh is refused', async () => {
  const bomb = `a: &a [x]\n${Array.from({ length: 200 }, () => '_: [*a, *a]').join('\n')}`;
  const pod = '{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: y}}';
  for (const text of [
    '',
    'x',
    '[1]',
    '{',
    pod,
    bomb,
    route(1).replace('name: cart, ', ''),
    route(1).replace('namespace: shop, ', ''),
  ])
    expect([text.slice(0, 40), await codeOf(() => readChange(text))]).toEqual([text.slice(0, 40), 'OR4036']);
});

test('what would hold up proxies is refused before it is read, and the worst of what is read takes no longer than they wait', async () => {
  const head = route(1).replace(/spec:.*/s, 'spec:\n  hosts: [cart]\n  http:\n');
  const filled = (part: string) => (head + part.repeat(20_000)).slice(0, 128 * 1024).replace(/\n[^\n]*$/, '\n');
  expect(await codeOf(() => readChange(head + '    - {}\n'.repeat(20_000)))).toBe('OR4043');
  const json = { ...before.object, spec: { hosts: ['x'.repeat(200_000)] } };
  expect(await codeOf(() => readChange(JSON.stringify(json)))).toBe('OR4043');
  for (const part of [
    '    - {route: [{destination: {host: a}}]}\n',
    '    - *a\n',
    '    - [[[[[[[[',
    '    ? x\n',
    '    - &a []\n',
  ]) {
    const begin = cpuMs();
    await codeOf(() => previewChange(world, readChange(filled(part))));
    expect([part, cpuMs() - begin < 4000]).toEqual([part, true]);
  }
});

test('texts that another reader of YAML takes for something else come back as the texts that they are', () => {
  const object = {
    ...before.object,
    spec: { hosts: ['yes', 'on', '0x1F', '1e3', '012', '2001-01-01', '=', '1:30', 'null', '~'] },
  };
  const { yaml } = previewChange(world, readChange(JSON.stringify(object)));
  expect(readChange(yaml).object['spec']).toEqual(object.spec);
  expect(yaml).toContain('"yes"');
});

test('it is written in the name of the user, the spec alone, and only onto what was read', async () => {
  answers = {
    GET: [200, live],
    PATCH: [200, {}],
    POST: [201, { status: { allowed: true } }],
  };
  expect(await access.allowed('of-alice', { verb: 'patch', group: 'g', resource: 'r', namespace: 'shop' })).toBe(true);
  await applyChange(access.connection('of-alice'), readChange(route(50)), versionOf(before.object));
  expect(new Set(calls.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer of-alice']));
  expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    'GET /apis/networking.istio.io/v1/namespaces/shop/virtualservices/cart',
    'PATCH /apis/networking.istio.io/v1/namespaces/shop/virtualservices/cart?fieldManager=outrigger-dashboard',
  ]);
  expect(calls[2]).toMatchObject({
    type: 'application/json-patch+json',
    body: [
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/spec' },
    ],
  });
});

test('what the API server does not take is told by its code', async () => {
  const outcome = (get: number, patch = 200, read = versionOf(before.object)) => {
    answers = { GET: [get, { ...live, message: 'no' }], PATCH: [patch, { message: 'no' }] };
    return codeOf(() => applyChange(access.connection('t'), readChange(route(50)), read));
  };
  expect(await outcome(401)).toBe('OR4033');
  expect(await outcome(200, 403)).toBe('OR4033');
  expect(await outcome(404)).toBe('OR4037');
  expect(await outcome(200, 422)).toBe('OR4039');
  expect(await outcome(200, 200, '6')).toBe('OR4042');
  expect(await outcome(200, 409)).toBe('OR4042');
  answers = { POST: [403, {}] };
  expect(await access.allowed('t', { verb: 'patch', group: '', resource: '', namespace: '' })).toBe(false);
});

test('a label or an annotation is no part of a change: it is told, and nothing would be written', () => {
  const labelled = route(100).replace('uid: u-1', 'uid: u-1, annotations: {istio.io/dry-run: "true"}');
  expect(previewChange(world, readChange(labelled)).findings).toContainEqual(
    expect.objectContaining({ code: 'OR4039', severity: 'Error', message: expect.stringContaining('use kubectl') }),
  );
  const { findings } = previewChange(world, readChange(route(50)));
  expect(findings.map(({ code }) => code)).not.toContain('OR4039');
});
