import { describe, expect, test } from 'vitest';
import type { LocalityIR } from '../../ir/types/cluster.ts';
import type { LocalityEndpointsIR } from '../../ir/types/load-assignment.ts';
import type { Endpoint, Locality } from '../../model/endpoint.ts';
import { arrange } from './arrange.ts';
import { isWithin, type Place, placeKey } from './place.ts';

const at = (text: string): Locality => {
  const [region = '', zone = '', subzone = ''] = text.split('/');
  return { region, zone, subzone };
};

const endpoint = (address: string, where: string, labels = {}, nodeName = ''): Endpoint => ({
  ...{
    address,
    port: 80,
    servicePort: 'http',
    labels,
    locality: at(where),
    weight: 1,
    health: 'ready',
    nodeName,
    network: '',
  },
  ...{ meshed: true, serviceAccount: 'a', namespace: 'default', workload: '', workloadName: '' },
  ...{ canonicalService: '', canonicalRevision: '', origin: { kind: 'Pod', namespace: 'default', name: address } },
});

const groupsOf = (...endpoints: readonly Endpoint[]): LocalityEndpointsIR[] =>
  [...Map.groupBy(endpoints, ({ locality }) => JSON.stringify(locality)).values()].map((list) => ({
    locality: (list[0] as Endpoint).locality,
    endpoints: list.map((one) => ({ endpoint: one, mtls: true, bypassed: false })),
  }));

const client = (where: string, labels = {}, nodeName = ''): Place => ({
  locality: at(where),
  labels,
  nodeName,
  network: '',
});
const order = (fields: Partial<Extract<LocalityIR, { kind: 'order' }>> = {}): LocalityIR => ({
  ...{ kind: 'order', labels: [], regions: [], byDistance: true, ...fields },
});

/** `address: priority` of each endpoint. */
function priorities(groups: readonly LocalityEndpointsIR[], rule: LocalityIR, who: Place): Record<string, number> {
  const list = arrange(groups, rule, who).flatMap(({ endpoints, priority = 0 }) =>
    endpoints.map(({ endpoint: { address } }) => [address, priority] as const),
  );
  return Object.fromEntries(list);
}

const world = groupsOf(
  endpoint('same', 'r1/z1/s1'),
  endpoint('zone', 'r1/z1/s2'),
  endpoint('region', 'r1/z2/s1'),
  endpoint('two', 'r2/z1/s1'),
  endpoint('three', 'r3/z1/s1'),
);

describe('in order of nearness', () => {
  test.each<[string, LocalityIR, Record<string, number>]>([
    ['r1/z1/s1', order(), { same: 0, zone: 1, region: 2, two: 3, three: 3 }],
    ['r1/z3/s1', order(), { same: 0, zone: 0, region: 0, two: 1, three: 1 }],
    ['', order(), { same: 0, zone: 0, region: 0, two: 0, three: 0 }],
    ['r1/z1/s1', order({ regions: [{ from: 'r1', to: 'r3' }] }), { same: 0, zone: 1, region: 2, three: 3, two: 4 }],
    ['r2/z1/s1', order({ regions: [{ from: 'r1', to: 'r3' }] }), { two: 0, same: 1, zone: 1, region: 1, three: 1 }],
  ])('from %s', (where, rule, expected) => {
    expect(priorities(world, rule, client(where))).toEqual(expected);
  });

  const labels = (...names: string[]) =>
    names.map((text) => {
      const [name = '', value] = text.split('=');
      return { name, ...(value === undefined ? {} : { value }) };
    });
  const versions = groupsOf(
    endpoint('both', 'r1', { network: 'n1', version: 'v1' }, 'node-1'),
    endpoint('network', 'r1', { network: 'n1', version: 'v2' }, 'node-2'),
    endpoint('version', 'r2', { version: 'v1' }, 'node-1'),
  );

  test.each<[string[], boolean, Record<string, number>]>([
    [['network', 'version'], false, { both: 0, network: 1, version: 2 }],
    [['version', 'network'], false, { both: 0, version: 1, network: 2 }],
    [['version=v2'], false, { network: 0, both: 1, version: 1 }],
    [['kubernetes.io/hostname'], false, { both: 0, version: 0, network: 1 }],
    [['topology.kubernetes.io/region'], false, { both: 0, network: 0, version: 1 }],
    [['version'], true, { both: 0, version: 1, network: 2 }],
  ])('by the labels %j, places counting: %s', (names, byDistance, expected) => {
    const who = client('r1', { network: 'n1', version: 'v1' }, 'node-1');
    const rule = order({ labels: labels(...names), byDistance, regions: byDistance ? [{ from: 'x', to: 'y' }] : [] });
    expect(priorities(versions, rule, who)).toEqual(expected);
  });
});

describe('in shares', () => {
  const rule = (from: string, to: Record<string, number>): LocalityIR => ({ kind: 'shares', shares: [{ from, to }] });
  const weights = (given: LocalityIR, where: string) =>
    Object.fromEntries(
      arrange(world, given, client(where))
        .map((group) => [group.locality, group.weight])
        .map(([l, w]) => [Object.values(l as Locality).join('/'), w]),
    );

  test('what no share names gets nothing; of patterns the narrowest counts', () => {
    const given = rule('r1/*', { 'r1/*': 60, 'r1/z1/s1': 10, r2: 30 });
    expect(weights(given, 'r1/z9')).toEqual({ 'r1/z1/s1': 10, 'r1/z1/s2': 30, 'r1/z2/s1': 30, 'r2/z1/s1': 30 });
  });

  test('clients of elsewhere keep all as they are', () => {
    expect(arrange(world, rule('r1/z1', { r2: 100 }), client('r1/z2'))).toBe(world);
  });
});

test('patterns of localities', () => {
  const there = at('r1/z1/s1');
  for (const pattern of ['*', 'r1', 'r1/*', 'r1/z1', 'r1/z1/*', 'r1/z1/s1'])
    expect(isWithin(there, pattern)).toBe(true);
  for (const pattern of ['r2', 'r1/z2', 'r1/z1/s2', 'r']) expect(isWithin(there, pattern)).toBe(false);
});

test('clients are told apart as far as the rule does', () => {
  const far = order();
  expect(placeKey(far, client('r1/z1', { a: '1' }))).toBe(placeKey(far, client('r1/z1', { a: '2' })));
  expect(placeKey(far, client('r1/z1'))).not.toBe(placeKey(far, client('r1/z2')));
  const byLabel = order({ labels: [{ name: 'a' }], byDistance: false });
  expect(placeKey(byLabel, client('r1', { a: '1' }))).toBe(placeKey(byLabel, client('r2', { a: '1' })));
  expect(placeKey(byLabel, client('r1', { a: '1' }))).not.toBe(placeKey(byLabel, client('r1', { a: '2' })));
  const shares: LocalityIR = { kind: 'shares', shares: [{ from: 'r1/*', to: { r1: 100 } }] };
  expect(placeKey(shares, client('r1/z1'))).toBe(placeKey(shares, client('r1/z2')));
  expect(placeKey(shares, client('r1/z1'))).not.toBe(placeKey(shares, client('r2/z1')));
});

describe('zones', () => {
  const rule = (fields: Partial<Extract<LocalityIR, { kind: 'zones' }>> = {}): LocalityIR => ({
    ...{ kind: 'zones', minSize: 1, labels: [], regions: [], ...fields },
  });
  const at1 = (peers: Readonly<Record<string, number>>): Place => ({
    ...client('r1/z1'),
    peers: () => new Map(Object.entries(peers)),
  });
  const groups = groupsOf(
    ...['a', 'b'].map((name) => endpoint(name, 'r1/z1/s1')),
    ...[endpoint('c', 'r1/z1/s2'), endpoint('d', 'r1/z2'), endpoint('e', 'r2/z1'), endpoint('f', 'r3/z1')],
  );
  const shown = (list: readonly LocalityEndpointsIR[]) =>
    list.map(({ endpoints, priority, weight }) => {
      const names = endpoints.map((item) => item.endpoint.address).join('');
      return `${names} ${priority ?? '-'} ${weight ?? '-'}`;
    });

  test('the region first; there the own zone, parts of it by their sizes', () => {
    expect(shown(arrange(groups, rule(), at1({ 'r1/z1': 1, 'r1/z2': 1, 'r2/z1': 5 })))).toEqual([
      ...['ab 0 66666667', 'c 0 33333333', 'd 0 1'],
      ...['e 1 -', 'f 1 -'],
    ]);
    expect(shown(arrange(groups, rule(), at1({ 'r1/z1': 1 })))).toEqual([
      ...['ab 0 50000000', 'c 0 25000000', 'd 0 25000000'],
      ...['e 1 -', 'f 1 -'],
    ]);
    expect(shown(arrange(groups, rule({ regions: [{ from: 'r1', to: 'r3' }] }), at1({ 'r1/z1': 1 })))).toContain(
      'e 2 -',
    );
  });

  test('all zones alike where there are too few endpoints, or the client is nowhere', () => {
    expect(shown(arrange(groups, rule({ minSize: 5 }), at1({ 'r1/z1': 1 })))).toContain('ab 0 -');
    expect(arrange(groups, rule(), { ...client(''), peers: () => new Map([['/', 1]]) })).toBe(groups);
  });

  test('clients whose like stand elsewhere are told apart', () => {
    const keys = [at1({ 'r1/z1': 1 }), at1({ 'r1/z1': 1, 'r1/z2': 1 }), at1({ 'r1/z1': 1, 'r2/z1': 1 })];
    const [one, two, far] = keys.map((place) => placeKey(rule(), place));
    expect(one).not.toBe(two);
    expect(one).toBe(far);
  });
});
