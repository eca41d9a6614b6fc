import { expect, test } from 'vitest';
import { parseCidr } from './cidr.ts';

test.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['10.1.2.3/32', '10.1.2.3/32'],
  ['10.1.2.3/0', '0.0.0.0/0'],
  ['172.16.255.255/12', '172.16.0.0/12'],
  ['2001:DB8:0:0:1:0:0:1/128', '2001:db8::1:0:0:1/128'],
  ['2001:db8:1:2:3:4:5:6/60', '2001:db8:1::/60'],
  ['fd00:0:0:1::/64', 'fd00:0:0:1::/64'],
  ['::ffff:10.1.2.3/120', '::ffff:10.1.2.0/120'],
  ['::/0', '::/0'],
  ['::1/128', '::1/128'],
  ['1:0:2:0:3:0:4:0/128', '1:0:2:0:3:0:4:0/128'],
])('%s is kept as %s', (text, printed) => {
  expect(parseCidr(text)?.text).toBe(printed);
});

test('loopback is judged by the address as given', () => {
  expect(parseCidr('127.9.9.9/32')?.loopback).toBe(true);
  expect(parseCidr('::1/128')?.loopback).toBe(true);
  expect(parseCidr('128.0.0.1/32')?.loopback).toBe(false);
  expect(parseCidr('::/0')?.loopback).toBe(false);
});
