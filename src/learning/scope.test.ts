import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type LearntScope,
  type LearntScopes,
  lastingLabels,
  mergeScopes,
  mostUses,
  mostUsesOfNamespace,
  pruneScopes,
  type Use,
  useKey,
} from './scope.ts';
import { printScopes, readScopes } from './scope-text.ts';
import { servicesOf, sidecarResource } from './sidecar-resource.ts';

const day = fc.constantFrom('2026-11-01', '2026-11-09', '2026-11-20', '2026-11-21');
const use: fc.Arbitrary<Use> = fc.record({
  kind: fc.constantFrom('cluster', 'virtualHost'),
  name: fc.constantFrom('outbound|80||a', 'outbound|80||b', '80/a', '80/b'),
  service: fc.constantFrom('', 'default/a', 'shop/b'),
  day,
});
const scope: fc.Arbitrary<LearntScope> = fc.record({
  labels: fc.dictionary(fc.constantFrom('app', 'version'), fc.constantFrom('v1', 'v2')),
  sampled: day,
  uses: fc.array(use, { minLength: 1 }).map((uses) => new Map(uses.map((one) => [useKey(one), one]))),
});
const scopes: fc.Arbitrary<LearntScopes> = fc
  .dictionary(fc.constantFrom('default/web', 'default/cart', 'default/db-0.x'), scope)
  .map((entries) => new Map(Object.entries(entries)));

const plain = (value: LearntScopes) => printScopes(value);

test('replicas that learnt apart come to the same, whoever writes first', () => {
  fc.assert(
    fc.property(scopes, scopes, scopes, (a, b, c) => {
      expect(plain(mergeScopes(a, b))).toBe(plain(mergeScopes(b, a)));
      expect(plain(mergeScopes(mergeScopes(a, b), c))).toBe(plain(mergeScopes(a, mergeScopes(b, c))));
      expect(plain(mergeScopes(a, a))).toBe(plain(a));
    }),
  );
});

test('what is kept is read as it was', () => {
  fc.assert(
    fc.property(scopes, (value) => {
      expect(plain(readScopes('default', printScopes(value)) ?? new Map())).toBe(plain(value));
    }),
  );
});

test('text that others wrote: what cannot be read of it is left out', () => {
  expect(readScopes('default', 'no json')).toBeUndefined();
  expect(readScopes('default', '{"version": 2, "workloads": {}}')).toBeUndefined();
  const good = ['cluster', 'outbound|80||a', 'default/a', '2026-11-21'];
  const uses = [
    good,
    ['listener', 'x', '', '2026-11-21'],
    ['cluster', '', '', '2026-11-21'],
    ['cluster', 'x', '', 'soon'],
    7,
    [{}, 1],
  ];
  const text = JSON.stringify({
    version: 1,
    workloads: {
      web: { labels: { app: 'web', bad: 7 }, sampled: 'never', uses },
      '../etc': { labels: {}, sampled: '', uses: [good] },
      cart: 'none',
      db: { uses: 'none' },
    },
  });
  const read = readScopes('default', text);
  expect([...(read?.keys() ?? [])]).toEqual(['default/web']);
  const web = read?.get('default/web');
  expect(web).toMatchObject({ labels: { app: 'web' }, sampled: '' });
  expect([...(web?.uses.keys() ?? [])]).toEqual(['cluster outbound|80||a']);
});

function many(count: number, on: string): LearntScope {
  const list = Array.from(
    { length: count },
    (_, index): Use => ({ kind: 'cluster', name: `c${index}`, service: 'default/a', day: on }),
  );
  return { labels: {}, sampled: on, uses: new Map(list.map((one) => [useKey(one), one])) };
}

test('what was not asked for since a day is forgotten, and with its last use the workload', () => {
  const web = mergeScopes(
    new Map([['default/web', many(2, '2026-10-01')]]),
    new Map([['default/web', many(1, '2026-11-21')]]),
  );
  const all = mergeScopes(web, new Map([['default/old', many(3, '2026-10-01')]]));
  const pruned = pruneScopes(all, '2026-11-01');
  expect([...pruned.keys()]).toEqual(['default/web']);
  expect([...(pruned.get('default/web')?.uses.keys() ?? [])]).toEqual(['cluster c0']);
});

test('a workload and a namespace are bounded: what was used last stays', () => {
  const crawler = mergeScopes(
    new Map([['default/web', many(3 * mostUses, '2026-11-20')]]),
    new Map([['default/web', many(7, '2026-11-21')]]),
  );
  const uses = [...(pruneScopes(crawler, '').get('default/web')?.uses.values() ?? [])];
  expect(uses).toHaveLength(mostUses);
  expect(uses.filter(({ day: on }) => on === '2026-11-21')).toHaveLength(7);
  const full = new Map(
    Array.from({ length: 20 }, (_, index) => [`default/w${index}`, many(mostUses, '2026-11-20')] as const),
  );
  const kept = [...pruneScopes(full, '').values()].reduce((sum, one) => sum + one.uses.size, 0);
  expect(kept).toBe(mostUsesOfNamespace);
  expect(printScopes(pruneScopes(full, '')).length).toBeLessThan(1_000_000);
});

test('the Sidecar names the services of clusters, those of the own namespace in short', () => {
  const uses: Use[] = [
    { kind: 'cluster', name: 'outbound|80||b', service: 'shop/b.shop.svc.cluster.local', day: '2026-11-21' },
    { kind: 'cluster', name: 'outbound|80|v1|a', service: 'default/a.default.svc.cluster.local', day: '2026-11-21' },
    { kind: 'cluster', name: 'outbound|80||a', service: 'default/a.default.svc.cluster.local', day: '2026-11-21' },
    { kind: 'virtualHost', name: '80/a', service: '', day: '2026-11-21' },
  ];
  const web: LearntScope = {
    labels: { app: 'web' },
    sampled: '',
    uses: new Map(uses.map((one) => [useKey(one), one])),
  };
  expect(servicesOf(web)).toHaveLength(2);
  expect(sidecarResource('default/web', web)).toEqual({
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      workloadSelector: { labels: { app: 'web' } },
      egress: [{ hosts: ['./a.default.svc.cluster.local', 'shop/b.shop.svc.cluster.local'] }],
    },
  });
  expect(sidecarResource('default/web', { ...web, labels: {} })).toBeUndefined();
});

test('labels of single pods and of one roll-out are not those of the workload', () => {
  const pod = {
    ...{ app: 'web', version: 'v1', 'pod-template-hash': 'abc', 'security.istio.io/tlsMode': 'istio' },
    ...{ 'statefulset.kubernetes.io/pod-name': 'web-0', 'service.istio.io/canonical-name': 'web' },
  };
  expect(lastingLabels(pod)).toEqual({ app: 'web', version: 'v1' });
});
