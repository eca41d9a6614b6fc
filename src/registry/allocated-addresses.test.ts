import { expect, test } from 'vitest';
import { allocateAddresses } from './allocated-addresses.ts';
import type { EntryRecord } from './service-entry.ts';

function entry(
  name: string,
  spec: Partial<EntryRecord['config']['spec']>,
  more: Partial<EntryRecord> = {},
): EntryRecord {
  const origin = { kind: 'ServiceEntry', namespace: 'x', name };
  const about = { namespace: 'x', name, createdAt: 0, labels: {}, annotations: {}, origin };
  return { config: { ...about, spec: { hosts: [`${name}.com`], resolution: 'DNS', ...spec } }, allocated: [], ...more };
}
const of = (...entries: EntryRecord[]) => Object.fromEntries(allocateAddresses(entries));

test('a host has one address of each family, always the same one, whoever else is there', () => {
  const alone = of(entry('a', {}));
  expect(Object.keys(alone)).toEqual(['x/a/a.com']);
  const [four, six] = alone['x/a/a.com'] ?? [];
  expect(four).toMatch(/^240\.240\.\d+\.\d+$/);
  expect(six).toMatch(/^2001:2::[0-9a-f]+$/);
  expect(of(entry('b', {}), entry('a', {}))).toMatchObject(alone);
});

test('none for what has addresses, keeps that of the client, is many hosts, or does not want one', () => {
  const unwanted = entry('d', {});
  const label = { 'networking.istio.io/enable-autoallocate-ip': 'False' };
  expect(
    of(
      entry('a', { addresses: ['192.0.2.1'] }),
      entry('b', { resolution: 'NONE' }),
      entry('c', { hosts: ['*.c.com'] }),
      { ...unwanted, config: { ...unwanted.config, labels: label } },
      entry('e', {}, { allocated: [{ host: 'e.com', address: '240.240.0.9' }] }),
    ),
  ).toEqual({});
});

test('a place that is taken goes to nobody else; of two, the older keeps it', () => {
  const [first] = of(entry('a', {}))['x/a/a.com'] ?? [];
  const [, , third = '', fourth = ''] = first?.split('.') ?? [];
  const foreign = entry('z', {}, { allocated: [{ host: '', address: first ?? '' }] });
  expect(of(foreign, entry('a', {}))['x/a/a.com']?.[0]).toBe(`240.240.${third}.${Number(fourth) + 1}`);
  // 65,534 places, 2,000 hosts: collisions are all but certain, equal addresses are not.
  const many = Array.from({ length: 2000 }, (_, index) => entry(`h${index}`, {}));
  const all = Object.values(of(...many)).map(([address]) => address);
  expect(new Set(all).size).toBe(2000);
  expect(Object.entries(of(...many.toReversed())).sort()).toEqual(Object.entries(of(...many)).sort());
});
