import { expect, test } from 'vitest';
import type { VirtualHostIR } from '../ir/types/route.ts';
import { hostTable, nextHostTable } from './host-table.ts';

function host(...domains: readonly string[]): VirtualHostIR {
  return { name: domains[0] ?? '', domains, routes: [], requireTls: false, external: false, origins: [] };
}

test('a host is found by its exact name, then by the longest suffix', () => {
  const [plain, short, long] = [host('a.example.com', 'A'), host('*.com'), host('*.example.com')];
  const table = hostTable([plain, short, long]);
  const found = ['a.example.com:80', 'a', 'b.example.com', 'b.com', 'com'].map((name) => table.find(name));
  expect(found).toEqual([plain, plain, long, short, undefined]);
});

test('after a change of rules the names lead to the new hosts, whether they were asked for before or not', () => {
  const before = nextHostTable(undefined, [host('a'), host('b')]);
  const changed = [host('a'), host('b')];
  const unasked = nextHostTable(before, changed);
  expect(unasked.find('b')).toBe(changed[1]);
  expect(before.find('b')).not.toBe(changed[1]);
  expect(nextHostTable(unasked, [host('a'), host('b')]).find('b')).not.toBe(changed[1]);
});

test('after a change of names nothing of before is left', () => {
  const before = nextHostTable(undefined, [host('a', 'x'), host('b')]);
  expect(before.find('x')?.name).toBe('a');
  const after = nextHostTable(before, [host('a'), host('b', 'x'), host('c', 'b')]);
  expect([after.find('x')?.name, after.find('b')?.name, after.find('c')?.name]).toEqual(['b', 'b', 'c']);
  expect(nextHostTable(after, [host('a'), host('b', 'x'), host('c', 'b')]).hosts[2]?.domains).toEqual(['c']);
});
