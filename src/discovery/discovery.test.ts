import { expect, test } from 'vitest';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';
import { emptySnapshot } from '../registry/snapshot.ts';
import type { ProxyResources } from '../xds/resource.ts';
import { Discovery } from './discovery.ts';
import { noResources } from './resource-set.ts';

test('the stream of a deleted pod goes on with its own workload, not with that of its successor', async () => {
  const base = {
    id: 'shop/web-0',
    namespace: 'shop',
    name: 'web-0',
    uid: 'old',
    serviceAccount: 'web',
    nodeName: 'n1',
    origin: { kind: 'Pod', namespace: 'shop', name: 'web-0' },
  };
  const own = base as unknown as Workload;
  const source = { snapshot: emptySnapshot, onSnapshot: () => () => {} };
  const show = (workload?: Workload) => {
    source.snapshot = { ...emptySnapshot, workloads: new Map(workload === undefined ? [] : [[workload.id, workload]]) };
  };
  const used: Workload[] = [];
  const nothing: ProxyResources = { wildcard: () => noResources, named: () => undefined };
  const discovery = new Discovery({
    source,
    secrets: { open: async () => ({ current: new Map(), onChange: () => () => {}, close: () => {} }) },
    settings: { trustDomain: 'cluster.local' } as MeshSettings,
    configurator: () => ({ configure: ({ workload }) => [nothing, used.push(workload)][0] as ProxyResources }),
    patienceMs: 0,
    after: () => () => {},
  });
  show(own);
  const peer = { namespace: 'shop', serviceAccount: 'web', pod: { name: 'web-0', uid: 'old' }, expiresAt: 0 };
  const node = { id: '', cluster: '', metadata: {}, userAgent: 'envoy', envoyVersion: '', delta: true };
  const session = await discovery.open(peer, node, new AbortController().signal);
  const newer = { ...own, nodeName: 'n2' };
  for (const shown of [own, newer, undefined, { ...own, uid: 'new' }, { ...own, serviceAccount: 'admin' }]) {
    show(shown);
    session.current();
  }
  expect(used).toEqual([own, newer, newer, newer, newer]);
});
