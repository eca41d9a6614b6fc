import { describe, expect, test } from 'vitest';
import { parseCidrList, parseInterfaceList, parsePortList } from './parse-lists.ts';

describe('address blocks, as strict as netip.ParsePrefix', () => {
  test.each(['', '10.0.0.0/8', '10.1.2.3/8', '0.0.0.0/0', '10.0.0.0/8,fd00::/8', '::1/128', '::ffff:1.2.3.4/120'])(
    'takes %s as it is',
    (text) => {
      expect(parseCidrList(text, { wildcard: false })).toEqual(text === '' ? [] : text.split(','));
    },
  );

  test.each([
    ['10.0.0.1', 'write 10.0.0.1/32'],
    ['fd00::1', 'write fd00::1/128'],
    ['10.0.0.0/08', 'is not an address block'],
    ['010.0.0.0/8', 'is not an address block'],
    ['10.0.0/8', 'is not an address block'],
    ['10.0.0.0/33', 'is not an address block'],
    ['10.0.0.0/-1', 'is not an address block'],
    ['fe80::1%eth0/64', 'is not an address block'],
    ['fd00::/129', 'is not an address block'],
    ['10.0.0.0/8,', '"" is not an address block'],
    ['10.0.0.0/8, 10.1.0.0/16', 'write "10.1.0.0/16"'],
    ['*', '"*" is not possible here'],
    ['10.0.0.0/8\n-j ACCEPT', 'is not an address block'],
  ])('refuses %j', (text, words) => {
    expect(() => parseCidrList(text, { wildcard: false })).toThrow(words);
    expect(() => parseCidrList(text, { wildcard: false })).toThrow('OR1401');
  });

  test('a wildcard stands alone, where it may stand', () => {
    expect(parseCidrList('*', { wildcard: true })).toBe('*');
    expect(() => parseCidrList('*,10.0.0.0/8', { wildcard: true })).toThrow('cannot be one of several');
  });
});

describe('ports', () => {
  test('takes numbers, spaces around them and leading zeros, as strconv.ParseUint does', () => {
    expect(parsePortList(' 80, 0080 ,65535,0', { wildcard: false })).toEqual([80, 80, 65535, 0]);
    expect(parsePortList('', { wildcard: true })).toEqual([]);
    expect(parsePortList('*', { wildcard: true })).toBe('*');
  });

  test.each(['65536', '-1', '+1', '1e3', '0x50', '80,', 'http', '*', '8 0', '80;90'])('refuses %j', (text) => {
    expect(() => parsePortList(text, { wildcard: false, at: 'x' })).toThrow(/^OR1402 x: ".*" is not a port/);
  });
});

describe('interfaces', () => {
  test('takes Linux names', () => {
    expect(parseInterfaceList('eth0,net1.100,a-b_c')).toEqual(['eth0', 'net1.100', 'a-b_c']);
    expect(parseInterfaceList('')).toEqual([]);
  });

  test.each(['0eth', 'eth 0', 'eth0,', 'sixteen-letters-', 'eth+', 'eth0\n'])('refuses %j', (text) => {
    expect(() => parseInterfaceList(text)).toThrow('OR1403');
  });
});
