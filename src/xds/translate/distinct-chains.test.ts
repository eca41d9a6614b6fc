import { expect, test } from 'vitest';
import type { Message } from '../resource.ts';
import { distinctChains } from './distinct-chains.ts';

const chain = (name: string, match?: Message): Message =>
  match === undefined ? { name } : { name, filter_chain_match: match };
const range = (address_prefix: string, prefix_len: number): Message => ({ address_prefix, prefix_len });
const [wide, one, two] = [range('172.20.1.0', 24), range('10.96.0.1', 32), range('10.96.0.2', 32)];

test('chains that match different connections stay the same objects', () => {
  const chains = [
    chain('port', { destination_port: 80 }),
    chain('any'),
    chain('name', { destination_port: 443, server_names: ['a'] }),
    chain('block', { destination_port: 443, prefix_ranges: [one] }),
    chain('both', { destination_port: 443, prefix_ranges: [one], server_names: ['a'] }),
    chain('web', { destination_port: 80, application_protocols: ['h2c'] }),
  ];
  const found = distinctChains(chains);
  expect(found).toHaveLength(chains.length);
  for (const [index, kept] of found.entries()) expect(kept).toBe(chains[index]);
});

test('of two for the same name the first has it, whatever its case', () => {
  const found = distinctChains([
    chain('first', { destination_port: 443, server_names: ['a', 'b'] }),
    chain('second', { server_names: ['B', 'c'], destination_port: 443 }),
    chain('third', { destination_port: 443, server_names: ['c'] }),
  ]);
  expect(found.map(({ name }) => name)).toEqual(['first', 'second']);
  expect(found[1]).toEqual(chain('second', { destination_port: 443, server_names: ['c'] }));
});

test('of two for the same block, however written, the first has it', () => {
  const found = distinctChains([
    chain('plain', { destination_port: 7000, prefix_ranges: [wide] }),
    chain('services', { destination_port: 7000, prefix_ranges: [one, range('172.20.1.9', 24)] }),
  ]);
  expect(found[1]).toEqual(chain('services', { destination_port: 7000, prefix_ranges: [one] }));
});

test('blocks that have different names left are different chains', () => {
  const match = { destination_port: 443, server_names: ['a', 'b'] };
  const found = distinctChains([
    chain('first', { destination_port: 443, prefix_ranges: [one], server_names: ['a'] }),
    chain('second', { ...match, prefix_ranges: [one, two] }),
  ]);
  expect(found.slice(1)).toEqual([
    chain('second', { ...match, server_names: ['b'], prefix_ranges: [one] }),
    chain('second', { ...match, prefix_ranges: [two] }),
  ]);
});
