import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VirtualHostIR } from '../../ir/types/route.ts';
import { rangesAround } from './address-ranges.ts';
import { uniqueDomains } from './route-configuration.ts';

const host = (name: string, domains: readonly string[]): VirtualHostIR => ({
  ...{ name, domains, routes: [], external: false, requireTls: false, origins: [] },
});

test('a short form that is the full name of another service is left to it', () => {
  const hosts = [host('a', ['a.x', 'b.x']), host('b', ['b.x'])];
  expect(uniqueDomains(hosts).map(({ domains }) => domains)).toEqual([['a.x'], ['b.x']]);
});

test('no domain stands twice, and every full name is somewhere', () => {
  const domain = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const domains = fc.uniqueArray(domain, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(domains, { maxLength: 6 }), (lists) => {
      const hosts = lists.map((list, index) => host(String(index), list));
      const all = uniqueDomains(hosts).flatMap((entry) => entry.domains);
      expect(new Set(all).size).toBe(all.length);
      for (const [full] of lists) expect(all).toContain(full);
    }),
  );
});

test('blocks stay the same while addresses come and go in them', () => {
  expect(rangesAround(['10.96.0.7', '10.96.200.1', '10.97.0.1', 'nonsense'])).toEqual(['10.96.0.0/16', '10.97.0.0/16']);
  expect(rangesAround(['fd00::1', 'fd00:0:0:0:5::', 'fd00:0:0:1::9'])).toEqual(['fd00:0:0:0::/64', 'fd00:0:0:1::/64']);
});
