import { expect, test } from 'vitest';
import { guardAddresses } from './address-guard.ts';

const isAllowed = guardAddresses([]);

test.each([
  ...['127.0.0.1', '127.8.0.1', '0.0.0.0', '169.254.169.254', '169.254.1.1', '224.0.0.1', '255.255.255.255'],
  ...['::1', '::', 'fe80::1', 'ff02::1', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'],
  ...['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::7f00:1', '64:ff9b::169.254.169.254', 'localhost', ''],
])('%s is not read', (address) => expect(isAllowed(address)).toBe(false));

test.each(['10.1.2.3', '192.168.0.1', '172.16.0.1', '8.8.8.8', '2001:db8::1', 'fd00::1', '64:ff9b::8.8.8.8'])(
  '%s is read',
  (address) => expect(isAllowed(address)).toBe(true),
);

test('exceptions are for what they name', () => {
  const some = guardAddresses(['127.0.0.1', '169.254.0.0/16', '::1/128']);
  expect(['127.0.0.1', '169.254.3.4', '::1', '::ffff:127.0.0.1'].map(some)).toEqual([true, true, true, true]);
  expect(['127.0.0.2', 'fe80::1'].map(some)).toEqual([false, false]);
});
