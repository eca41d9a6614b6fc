import { expect, test } from 'vitest';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';
import { emptySnapshot } from '../registry/snapshot.ts';
import type { EncodedResource, ProxyResources } from '../xds/resource.ts';
import { Discovery } from './discovery.ts';
import { noResources } from './resource-set.ts';

const origin = { kind: 'Pod', namespace: 'shop', name: 'web-0' };
const base = {
  ...{ id: 'shop/web-0', namespace: 'shop', name: 'web-0', uid: 'old' },
  ...{ serviceAccount: 'web', nodeName: 'n1', origin },
};
const own = base as unknown as Workload;
const peer = { namespace: 'shop', serviceAccount: 'web', pod: { name: 'web-0', uid: 'old' }, expiresAt: 0 };
const node = { id: '', cluster: '', metadata: {}, userAgent: 'envoy', envoyVersion: '', delta: true };
const nothing: ProxyResources = { wildcard: () => noResources, named: () => undefined };
const secrets = { open: async () => ({ current: new Map(), onChange: () => () => {}, close: () => {} }) };
const settings = { trustDomain: 'cluster.local' } as MeshSettings;

test('what a proxy is asked is its own, for as long as it is asked; a client without a proxy is not', async () => {
  const resource = { type: 'listener', name: 'question', version: '1' } as EncodedResource;
  const others = new Map([['others', { type: 'listener', name: 'others', version: '1' } as EncodedResource]]);
  const shared: ProxyResources = {
    wildcard: (type) => (type === 'listener' ? others : noResources),
    named: () => undefined,
  };
  const workloads = new Map([[own.id, own]]);
  const source = { snapshot: { ...emptySnapshot, workloads }, onSnapshot: () => () => {} };
  const discovery = new Discovery({
    ...{ source, secrets, settings, question: [resource], patienceMs: 0, after: () => () => {} },
    configurator: () => ({ configure: () => shared }),
  });
  const { signal } = new AbortController();
  const session = await discovery.open(peer, node, signal);
  const without = await discovery.open(peer, { ...node, userAgent: 'gRPC Go' }, signal);
  const before = session.current();
  expect([...before.wildcard('listener').keys()]).toEqual(['others']);
  source.snapshot = { ...source.snapshot, asked: new Set(['shop/other']) };
  expect(session.current()).toBe(before);
  source.snapshot = { ...source.snapshot, asked: new Set(['shop/other', own.id]) };
  const asked = session.current();
  expect([...asked.wildcard('listener').keys()].sort()).toEqual(['others', 'question']);
  expect(asked.wildcard('listener')).toBe(asked.wildcard('listener'));
  expect([asked.named('listener', 'question'), asked.named('cluster', 'question')]).toEqual([resource, undefined]);
  expect(asked.wildcard('cluster')).toBe(noResources);
  expect([...without.current().wildcard('listener').keys()]).toEqual(['others']);
  source.snapshot = { ...source.snapshot, asked: new Set() };
  expect([...session.current().wildcard('listener').keys()]).toEqual(['others']);
  // An EnvoyFilter may add one of that name.
  others.set('question', { type: 'listener', name: 'question', version: 'foreign' } as EncodedResource);
  source.snapshot = { ...source.snapshot, asked: new Set([own.id]) };
  expect(session.current().wildcard('listener').get('question')).toBe(resource);
});

test('the stream of a deleted pod goes on with its own workload, not with that of its successor', async () => {
  const source = { snapshot: emptySnapshot, onSnapshot: () => () => {} };
  const show = (workload?: Workload) => {
    source.snapshot = { ...emptySnapshot, workloads: new Map(workload === undefined ? [] : [[workload.id, workload]]) };
  };
  const used: Workload[] = [];
  const discovery = new Discovery({
    ...{ source, secrets, settings },
    configurator: () => ({ configure: ({ workload }) => [nothing, used.push(workload)][0] as ProxyResources }),
    patienceMs: 0,
    after: () => () => {},
  });
  show(own);
  const session = await discovery.open(peer, node, new AbortController().signal);
  const newer = { ...own, nodeName: 'n2' };
  for (const shown of [own, newer, undefined, { ...own, uid: 'new' }, { ...own, serviceAccount: 'admin' }]) {
    show(shown);
    session.current();
  }
  expect(used).toEqual([own, newer, newer, newer, newer]);
});
