import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ObjectChanges, objectKey } from '../object-source.ts';
import { FilesSource } from './files-source.ts';

let folder: string;
let source: FilesSource;
let stop: AbortController;
let changes: ObjectChanges[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-objects-'));
  stop = new AbortController();
  changes = [];
  source = new FilesSource({
    ...{ folder, pollMs: 1000, gatherMs: 10 },
    watchFolder: () => () => {},
    after: () => () => {},
    onReload: () => {},
  });
  source.onObjects((change) => changes.push(change));
});
afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, ...documents: string[]) => writeFile(join(folder, name), documents.join('---\n'));
const reread = () => source.fetchNamespace('');
const object = (kind: string, name: string, more = '') =>
  `apiVersion: ${versions[kind] ?? 'v1'}\nkind: ${kind}\nmetadata: {name: ${name}}\n${more}`;
const versions: Record<string, string> = {
  VirtualService: 'networking.istio.io/v1beta1',
  Route: 'serving.knative.dev/v1',
  Deployment: 'apps/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
};
const told = () => changes.splice(0).map(({ upserts, removals }) => ({ upserts: upserts.map(objectKey), removals }));
const problems = () => source.problems().map((problem) => problem.message.replaceAll(`${folder}/`, ''));

test('objects of the kinds of the mesh, with their places; kinds of other groups are left out', async () => {
  await put('a.yaml', object('Service', 'web'), object('Route', 'web'), object('Deployment', 'web'));
  await put('b.yaml', object('VirtualService', 'web', 'spec: {hosts: [web]}\n'), object('Namespace', 'shop'));
  await source.start(stop.signal);
  expect(source.objectsSynced).toBe(true);
  expect(changes[0]?.upserts.map((item) => item.origin)).toEqual([
    { kind: 'Service', namespace: 'default', name: 'web', at: `${folder}/a.yaml:1:1` },
    { kind: 'Deployment', namespace: 'default', name: 'web', at: `${folder}/a.yaml:9:1` },
    { kind: 'VirtualService', namespace: 'default', name: 'web', at: `${folder}/b.yaml:1:1` },
    { kind: 'Namespace', namespace: '', name: 'shop', at: `${folder}/b.yaml:6:1` },
  ]);
  const late: ObjectChanges[] = [];
  source.onObjects((change) => late.push(change));
  expect(late).toEqual(changes);
});

test('a change tells what changed and nothing else', async () => {
  await put('a.yaml', object('Service', 'one'), object('Service', 'two'));
  await source.start(stop.signal);
  told();
  await put('a.yaml', object('Service', 'one'), object('Service', 'two', 'spec: {}\n'));
  await reread();
  expect(told()).toEqual([{ upserts: ['Service default/two'], removals: [] }]);
  await put('a.yaml', object('Service', 'one'));
  await reread();
  expect(told()).toEqual([{ upserts: [], removals: ['Service default/two'] }]);
});

test('the rest of a file lives; what broke keeps its last good content', async () => {
  await put('a.yaml', object('Service', 'one'), object('Service', 'two'), object('Service', 'three'));
  await source.start(stop.signal);
  told();
  await put('a.yaml', object('Service', 'one'), 'kind: [\n', object('Service', 'four'), 'apiVersion: v1\n');
  await reread();
  expect(told()).toEqual([{ upserts: ['Service default/four'], removals: [] }]);
  expect(problems()).toEqual([
    expect.stringMatching(/^OR1601 a.yaml:6:1: /),
    expect.stringMatching(/^OR1606 a.yaml:11:1: .*kind/),
  ]);
  await put('a.yaml', object('Service', 'one'), object('Service', 'four'));
  await reread();
  expect(told()[0]?.removals).toEqual(['Service default/two', 'Service default/three']);
  expect(problems()).toEqual([]);
});

test.each([
  ['name: Big_Name', /^OR1606 a.yaml:3:18: metadata.name/],
  ['name: x, namespace: 5', /^OR1606 a.yaml:3:32: metadata.namespace/],
])('metadata {%s} is refused', async (metadata, expected) => {
  await put('a.yaml', `apiVersion: v1\nkind: Service\nmetadata: {${metadata}}\n`);
  await source.start(stop.signal);
  expect(problems()).toEqual([expect.stringMatching(expected)]);
});

test('the same object twice: the first counts', async () => {
  await put('a.yaml', object('Service', 'web', 'spec: {a: 1}\n'), object('Service', 'web', 'spec: {a: 2}\n'));
  await source.start(stop.signal);
  expect(changes[0]?.upserts.map((item) => item.object.spec)).toEqual([{ a: 1 }]);
  expect(problems()).toEqual([`OR1603 a.yaml:6:1: Service default/web is also at ${'a.yaml:1:1'}`]);
});

test('of Secrets only certificates are kept', async () => {
  const secret = (name: string, data: string) => object('Secret', name, `type: Opaque\nstringData: {${data}}\n`);
  const applied = 'apiVersion: v1\nkind: Secret\nmetadata: {name: d, annotations: {a: hunter2}}\nstringData: {cert: A';
  await put('a.yaml', secret('a', 'password: hunter2'), secret('b', 'cert: A, key: B, password: hunter2'));
  const token = 'type: kubernetes.io/service-account-token\nstringData: {ca.crt: A, token: hunter2}\n';
  await put('c.yaml', secret('e', 'ca.crt: A, y: hunter2'), object('Secret', 'f', token));
  await put('b.yaml', secret('c-cacert', 'cacert: A, x: hunter2'), `${applied}, key: B}\n`);
  await source.start(stop.signal);
  expect(changes[0]?.upserts.map(objectKey)).toEqual([
    'Secret default/b',
    'Secret default/c-cacert',
    'Secret default/d',
    'Secret default/e',
  ]);
  expect(JSON.stringify(changes)).not.toContain('hunter2');
});
