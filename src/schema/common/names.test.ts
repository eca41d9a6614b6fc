import { expect, test } from 'vitest';
import { isAddress, isCidr } from './address.ts';
import { splitHostPort } from './endpoint-address.ts';
import { isHostName, isWildcardHost } from './host-name.ts';
import { isLabelKey } from './label.ts';
import { whyNotRe2 } from './regex.ts';

test('host names', () => {
  const right = ['a', 'a.b', 'A-1.b.', 'x'.repeat(63), '1a.b1'];
  const wrong = [
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'a_b',
    'x'.repeat(64),
    'a.1',
    '10.0.0.1',
    'a b',
    '*.a',
    `${'a.'.repeat(130)}b`,
  ];
  expect(right.filter((name) => !isHostName(name))).toEqual([]);
  expect(wrong.filter(isHostName)).toEqual([]);
});

test('hosts with stars', () => {
  const right = ['*', '*.a', '*.a.b', '*-a.b', '*a.b', 'a'];
  const wrong = ['**', '*.', 'a.*', 'a*', '*.*', '*.*.a', ''];
  expect(right.filter((name) => !isWildcardHost(name))).toEqual([]);
  expect(wrong.filter(isWildcardHost)).toEqual([]);
});

test('addresses, blocks and ports', () => {
  expect(['10.0.0.1', '::1', '010.0.0.1', 'fe80::1%eth0', '10.0.0.1/8'].map(isAddress)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(['10.0.0.0/8', '::/0', '10.0.0.0/33', '10.0.0.0/08', '10/8'].map(isCidr)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(splitHostPort('[::1]:80')).toEqual({ host: '::1', port: 80 });
  expect(['::1:80', '10.0.0.1:0', '10.0.0.1:65536', 'a:1'].map(splitHostPort)).toEqual(new Array(4).fill(undefined));
});

test('keys of labels', () => {
  expect(['app', 'a.b/c_d', 'a//b', '/a', 'a/', 'a b', '*'].map(isLabelKey)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('regular expressions are those of RE2', () => {
  expect(['.*Chrome.*', '(?i)a', '\\d+', '[[:alpha:]]', '\\pL', '(?P<n>a)'].map(whyNotRe2)).toEqual(
    new Array(6).fill(undefined),
  );
  for (const wrong of ['', '(?=a)', '(?!a)', '(?<=a)', '(a)\\1', '*', '(', 'a{1001}', '[b-a]', '\\'])
    expect([wrong, typeof whyNotRe2(wrong)]).toEqual([wrong, 'string']);
});

test('an expression that is costly to compile is refused', () => {
  expect(whyNotRe2('[^a]{1000}'.repeat(100))).toMatch(/5000/);
  expect(whyNotRe2('a{1000}'.repeat(5))).toBeUndefined();
  expect(whyNotRe2('('.repeat(1000))?.length).toBeLessThan(130);
});
