import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ZoneCounts } from './place.ts';
import { sharesOf } from './zones.ts';

const counts = (of: Readonly<Record<string, number>>): ZoneCounts => new Map(Object.entries(of));
const shares = (servers: Readonly<Record<string, number>>, clients: Readonly<Record<string, number>>, own: string) => {
  const found = sharesOf(counts(servers), counts(clients), own);
  return found === undefined ? undefined : Object.fromEntries(found);
};

describe('the share of each zone', () => {
  test('all stay where there is enough', () => {
    expect(shares({ a: 2, b: 2 }, { a: 1, b: 1 }, 'a')).toEqual({ a: 1 });
    expect(shares({ a: 3, b: 1 }, { a: 1, b: 1 }, 'a')).toEqual({ a: 1 });
  });

  test('what is too much goes where there is room', () => {
    // A quarter of the servers, half of the clients: half of their requests stay.
    expect(shares({ a: 1, b: 3 }, { a: 1, b: 1 }, 'a')).toEqual({ a: 0.5, b: 0.5 });
    expect(shares({ a: 2, b: 3, c: 5 }, { a: 4, b: 4, c: 2 }, 'a')).toEqual({ a: 0.5, b: 0, c: 0.5 });
  });

  test('nothing is said where the zone has no server, or nobody knows where the clients are', () => {
    expect(shares({ b: 2 }, { a: 1 }, 'a')).toBeUndefined();
    expect(shares({ a: 2 }, {}, 'a')).toBeUndefined();
    expect(shares({}, { a: 1 }, 'a')).toBeUndefined();
  });

  test('every server gets the same, whatever stands where', () => {
    const zones = fc.array(fc.record({ servers: fc.integer({ min: 1, max: 9 }), clients: fc.nat(9) }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(zones, (list) => {
        const servers = new Map(list.map(({ servers: n }, zone) => [`r/${zone}`, n]));
        const clients = new Map(list.map(({ clients: n }, zone) => [`r/${zone}`, n]));
        const sum = (of: ZoneCounts) => [...of.values()].reduce((all, n) => all + n, 0);
        fc.pre(sum(clients) > 0);
        for (const [zone, count] of servers) {
          const load = [...clients].reduce((all, [from, n]) => {
            const share = n === 0 ? 0 : (sharesOf(servers, clients, from)?.get(zone) ?? 0);
            return all + n * share;
          }, 0);
          expect(load / sum(clients)).toBeCloseTo(count / sum(servers), 9);
        }
      }),
    );
  });
});
