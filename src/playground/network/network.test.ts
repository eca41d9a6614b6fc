import { expect, test } from 'vitest';
import { IpPool } from './ip-pool.ts';
import { renderRules } from './nft-rules.ts';
import { overlaps } from './overlap.ts';
import { serviceAddress, slotCount, slotOf } from './slot.ts';

test('slots share no network', () => {
  const slots = Array.from({ length: slotCount }, (_, number) => slotOf(number));
  const networks = slots.flatMap(({ podCidr, serviceCidr }) => [podCidr, serviceCidr]);
  const shared = networks.flatMap((one, at) => networks.slice(at + 1).filter((other) => overlaps(one, other)));
  expect(shared).toEqual([]);
  expect(slots[0]).toMatchObject({ podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12', dnsIp: '10.96.0.10' });
  for (const slot of slots) expect(overlaps(slot.serviceCidr, serviceAddress(slot, 1_000_000))).toBe(true);
});

test.each([
  ['10.0.0.0/8', '10.244.0.0/16', true],
  ['10.244.3.0/24', '10.244.0.0/16', true],
  ['10.96.0.0/12', '10.112.0.0/12', false],
  ['10.111.255.255', '10.96.0.0/12', true],
  ['default', '10.96.0.0/12', false],
  ['0.0.0.0/0', '10.96.0.0/12', true],
])('%s and %s overlap: %s', (left, right, shared) => {
  expect(overlaps(left, right)).toBe(shared);
});

test('addresses are given again last', () => {
  const pool = new IpPool(slotOf(0));
  const first = pool.take();
  expect(first.ip).toBe('10.244.1.1');
  pool.give(first.number);
  const next = new Set(Array.from({ length: 20_000 }, () => pool.take().ip));
  expect([next.size, next.has('10.244.1.1')]).toEqual([20_000, false]);
  expect([...next].filter((ip) => /\.(0|255)$/.test(ip))).toEqual([]);
});

test('the rules of services: by chance among several endpoints, none for those without', () => {
  const service = { protocol: 'tcp', port: 80 } as const;
  const text = renderRules(slotOf(0), [
    { ...service, address: '10.96.1.1', targets: [{ ip: '10.244.1.1', port: 8080 }] },
    { ...service, address: '10.96.1.2', targets: [1, 2].map((last) => ({ ip: `10.244.1.${last}`, port: 8080 })) },
    { ...service, address: '10.96.1.3', targets: [] },
  ]);
  expect(text).toContain('ip daddr 10.96.1.1 tcp dport 80 dnat to 10.244.1.1:8080\n');
  expect(text).toContain('numgen random mod 2 map { 0 : 10.244.1.1 . 8080, 1 : 10.244.1.2 . 8080 }\n');
  expect(text).not.toContain('10.96.1.3');
});
