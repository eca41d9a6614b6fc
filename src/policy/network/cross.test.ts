import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EndpointIR, LocalityEndpointsIR } from '../../ir/types/load-assignment.ts';
import type { Networks } from '../../model/network.ts';
import { type Crossing, crossed, reachable } from './cross.ts';

const networks: Networks = {
  ...{ own: '', blocks: [], key: '' },
  gateways: new Map([
    ['n2', [{ address: '192.0.2.2', port: 15443 }]],
    ['n3', ['192.0.2.3', '192.0.2.4'].map((address) => ({ address, port: 15443 }))],
  ]),
};
const from = (network: string, more: Partial<Crossing> = {}): Crossing => ({
  ...{ networks, from: network, others: 'by-gateways' as const, ...more },
});

const endpoint = (address: string, network: string, weight = 1, mtls = true): EndpointIR => ({
  endpoint: {
    ...{ address, port: 80, servicePort: 'http', labels: {}, weight, health: 'ready', nodeName: '', network },
    ...{ locality: { region: 'r', zone: '', subzone: '' }, meshed: mtls, serviceAccount: 'a', namespace: 'default' },
    ...{ workload: '', workloadName: 'a', canonicalService: '', canonicalRevision: '' },
    origin: { kind: 'Pod', namespace: 'default', name: address },
  },
  mtls,
  bypassed: false,
});
const group = (zone: string, endpoints: readonly EndpointIR[], more: object = {}): LocalityEndpointsIR => ({
  ...{ locality: { region: 'r', zone, subzone: '' }, endpoints, ...more },
});

/** `zone: [address weight, …]`, with the weight of the zone where one is given. */
function shown(groups: readonly LocalityEndpointsIR[], crossing: Crossing): unknown[] {
  return crossed(reachable(groups, crossing), crossing).map(({ locality, endpoints, weight, priority }) => [
    [locality.zone, priority, weight].filter((part) => part !== undefined).join(' '),
    ...endpoints.map(({ endpoint: { address, port, weight: own } }) => `${address}:${port} ${own}`),
  ]);
}

describe('a client of another network', () => {
  test('calls the gateway in place of all that stand behind it', () => {
    const all = [group('a', [endpoint('10.1.0.1', 'n1'), endpoint('10.2.0.1', 'n2'), endpoint('10.2.0.2', 'n2', 3)])];
    expect(shown(all, from('n1'))).toEqual([['a', '10.1.0.1:80 1', '192.0.2.2:15443 4']]);
    expect(shown(all, from('n2'))).toEqual([['a', '10.1.0.1:80 1', '10.2.0.1:80 1', '10.2.0.2:80 3']]);
    expect(shown(all, from(''))).toEqual([['a', '10.1.0.1:80 1', '10.2.0.1:80 1', '10.2.0.2:80 3']]);
  });

  test('shares them among several gateways', () => {
    const all = [group('a', [endpoint('10.1.0.1', 'n1'), endpoint('10.3.0.1', 'n3')])];
    expect(shown(all, from('n1'))).toEqual([['a', '10.1.0.1:80 2', '192.0.2.3:15443 1', '192.0.2.4:15443 1']]);
  });

  test('calls none that takes no mutual TLS, and none at all where the cluster begins none', () => {
    const all = [group('a', [endpoint('10.2.0.1', 'n2', 1, false), endpoint('10.2.0.2', 'n2')])];
    expect(shown(all, from('n1'))).toEqual([['a', '192.0.2.2:15443 1']]);
    expect(shown(all, from('n1', { others: 'not-by-gateways' }))).toEqual([]);
  });

  test('calls what no gateway leads to by its address, and what has none not at all', () => {
    const all = [group('a', [endpoint('10.4.0.1', 'n4'), endpoint('', 'n4'), endpoint('', 'n2')])];
    expect(shown(all, from('n1'))).toEqual([['a', '10.4.0.1:80 1', '192.0.2.2:15443 1']]);
    expect(shown(all, from('n2'))).toEqual([['a', '10.4.0.1:80 1']]);
  });

  test('being a gateway itself, calls its own network alone, whether others have gateways or not', () => {
    const all = [group('a', [endpoint('10.1.0.1', 'n1'), endpoint('10.2.0.1', 'n2'), endpoint('10.4.0.1', 'n4')])];
    expect(shown(all, from('n1', { others: 'never' }))).toEqual([['a', '10.1.0.1:80 1']]);
    expect(shown(all, from('', { others: 'never' }))).toEqual([
      ['a', '10.1.0.1:80 1', '10.2.0.1:80 1', '10.4.0.1:80 1'],
    ]);
  });

  test('has each gateway once: in the first zone of the nearest priority, with the weight of the others of that', () => {
    const zones = (more: readonly object[]) =>
      ['a', 'b', 'c'].map((zone, index) =>
        group(zone, [endpoint(`10.1.0.${index}`, 'n1'), endpoint(`10.2.0.${index}`, 'n2')], more[index]),
      );
    expect(shown(zones([]), from('n1'))).toEqual([
      ['a', '10.1.0.0:80 1', '192.0.2.2:15443 3'],
      ['b', '10.1.0.1:80 1'],
      ['c', '10.1.0.2:80 1'],
    ]);
    expect(shown(zones([{ priority: 2 }, { priority: 1 }, { priority: 1 }]), from('n1'))).toEqual([
      ['a 2', '10.1.0.0:80 1'],
      ['b 1', '10.1.0.1:80 1', '192.0.2.2:15443 2'],
      ['c 1', '10.1.0.2:80 1'],
    ]);
    expect(shown(zones([{ weight: 80 }, { weight: 10 }, { weight: 10 }]), from('n1'))).toEqual([
      ['a 90', '10.1.0.0:80 1', '192.0.2.2:15443 3'],
      ['b 5', '10.1.0.1:80 1'],
      ['c 5', '10.1.0.2:80 1'],
    ]);
  });
});

test('no weight is lost on the way, and no address is there twice', () => {
  const item = fc.record({ network: fc.constantFrom('n1', 'n2', 'n3'), weight: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(fc.array(fc.array(item, { minLength: 1, maxLength: 5 }), { maxLength: 4 }), (zones) => {
      const groups = zones.map((items, zone) =>
        group(
          `${zone}`,
          items.map(({ network, weight }, n) => endpoint(`10.${zone}.0.${n}`, network, weight)),
        ),
      );
      const ends = (list: readonly LocalityEndpointsIR[]) => list.flatMap(({ endpoints }) => endpoints);
      const total = (list: readonly EndpointIR[]) => list.reduce((all, { endpoint: { weight } }) => all + weight, 0);
      const after = ends(crossed(groups, from('n1')));
      const scale = ends(groups).some(({ endpoint: { network } }) => network === 'n3') ? 2 : 1;
      expect(total(after)).toBe(total(ends(groups)) * scale);
      const places = after.map(({ endpoint: { address } }) => address);
      expect(new Set(places).size).toBe(places.length);
    }),
  );
});
