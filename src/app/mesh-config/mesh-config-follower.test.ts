import { beforeEach, expect, test } from 'vitest';
import type { SourceObject } from '../../source/object-source.ts';
import { ObjectStore } from '../../source/object-store.ts';
import { loggerTo } from '../../telemetry/logger.ts';
import { type Config, readConfig } from '../config.ts';
import { MeshConfigFollower } from './mesh-config-follower.ts';

let store: ObjectStore;
let used: Config[];
let lines: string[];
/** Thrown by whoever puts it in force. */
let fault: Error | undefined;

beforeEach(async () => {
  store = new ObjectStore();
  used = [];
  lines = [];
  fault = undefined;
  const input = { file: undefined, env: {}, flags: {}, sets: ['mesh.accessLogEncoding=JSON'] };
  const follower = new MeshConfigFollower({
    objects: { objectsSynced: true, onObjects: (listener) => store.follow(listener) },
    namespaces: ['outrigger-system', 'istio-system'],
    config: readConfig(input),
    reconfigure: (values, origin) => readConfig({ ...input, overlay: { origin, values } }),
    use: (config) => {
      if (fault !== undefined) throw fault;
      used.push(config);
    },
    logger: loggerTo(
      {
        write: (line) => {
          const { code, msg } = JSON.parse(line) as { code?: string; msg: string };
          lines.push(`${code ?? ''} ${msg}`.trim());
        },
      },
      'info',
    ),
  });
  await follower.start();
});

function configMap(mesh: string, namespace = 'istio-system', name = 'istio'): SourceObject {
  const place = { kind: 'ConfigMap', namespace, name };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { mesh } };
  return { apiVersion: 'v1', ...place, object, origin: place };
}

test('it is followed, and without it all is as it was', () => {
  store.change(
    [configMap('accessLogFile: /a', 'istio-system', 'other'), configMap('accessLogFile: /b', 'default')],
    [],
  );
  expect(used).toEqual([]);
  store.change([configMap('accessLogFile: /dev/stdout')], []);
  store.change([configMap('accessLogFile: /dev/stderr')], []);
  store.change([], ['ConfigMap istio-system/istio']);
  expect(used.map(({ mesh }) => mesh.accessLogFile)).toEqual(['/dev/stdout', '/dev/stderr', '']);
});

test('that of the first root namespace counts', () => {
  store.change([configMap('accessLogFile: /a'), configMap('accessLogFile: /b', 'outrigger-system')], []);
  store.change([], ['ConfigMap outrigger-system/istio']);
  expect(used.map(({ mesh }) => mesh.accessLogFile)).toEqual(['/b', '/a']);
});

test('environment and flags win; what is read at the start alone stays', () => {
  store.change([configMap('accessLogEncoding: TEXT\nrootNamespace: other\ntrustDomain: cluster.local')], []);
  expect(used[0]?.mesh).toMatchObject({
    accessLogEncoding: 'JSON',
    rootNamespaces: ['outrigger-system', 'istio-system'],
  });
  expect(lines.filter((line) => line.startsWith('OR'))).toEqual([
    'OR2463 mesh.rootNamespaces is read at the start alone: set it in the configuration of the control plane',
  ]);
});

test('networks have a key of their own', () => {
  const text = 'networks: {n2: {gateways: [{address: 192.0.2.1, port: 15443}], endpoints: [{fromCidr: 10.2.0.0/16}]}}';
  const map = configMap('accessLogFile: /a');
  store.change([{ ...map, object: { ...map.object, data: { mesh: 'accessLogFile: /a', meshNetworks: text } } }], []);
  expect(used.at(-1)?.mesh).toMatchObject({
    accessLogFile: '/a',
    meshNetworks: {
      n2: { gateways: [{ address: '192.0.2.1', port: 15443 }], endpoints: [{ fromCidr: '10.2.0.0/16' }] },
    },
  });
  store.change([map], []);
  expect(used.at(-1)?.mesh.meshNetworks).toEqual({});
});

test('a key without effect is told once', () => {
  store.change([configMap('enableTracing: true')], []);
  store.change([configMap('enableTracing: true\naccessLogFile: /a')], []);
  expect(lines.filter((line) => line.startsWith('OR2463 enableTracing has no effect: '))).toHaveLength(1);
});

test.each([
  ['accessLogEncoding: XML\nh2UpgradePolicy: X', /^OR2462 OR1002 [\s\S]*mesh\.h2UpgradePolicy/],
  ['a: [', /^OR2462 OR2462 .*no YAML/],
  ['- a', /^OR2462 OR2462 .*must be a map/],
])('a bad one (%j) is told, and the last good one stays', (text, line) => {
  store.change([configMap('accessLogFile: /good')], []);
  store.change([configMap(text)], []);
  expect(used).toHaveLength(1);
  expect(lines.at(-1)).toMatch(line);
  expect(lines.at(-1)).toMatch(/the last good one stays in force$/);
  store.change([configMap('accessLogFile: /better')], []);
  expect(used.at(-1)?.mesh.accessLogFile).toBe('/better');
});

test('so is one that cannot be put in force', () => {
  fault = new Error('no');
  store.change([configMap('accessLogFile: /a')], []);
  expect(lines.at(-1)).toMatch(/^OR2462 /);
});
