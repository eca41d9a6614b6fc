import { expect, test } from 'vitest';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import { judge, readableReason } from './rejection.ts';

const cluster = (name: string) => encodeResource({ type: 'cluster', name, message: { name }, origins: [] });
const resources = ['a', 'b', 'ab'].map(cluster);
const delta = { type: 'cluster', protocol: 'delta' } as const;
const guiltyOf = (detail: string) => judge(delta, { resources, removed: [] }, detail).guilty.map(({ name }) => name);

test.each([
  ['Error adding/updating cluster(s) ab: no such thing as a: b', ['ab']],
  ['Error adding/updating cluster(s) a: bad, b: worse', ['a', 'b']],
  ["Error adding/updating cluster(s) a: bad '\nab: worse", ['a', 'ab']],
  ['Invalid duration', []],
])('%s', (detail, names) => {
  expect(guiltyOf(detail)).toEqual(names);
});

test('a text that Envoy has cut names some of the guilty: the others are tried again', () => {
  const { guilty, retries } = judge(delta, { resources, removed: [] }, `(s) a: ${'x'.repeat(4_000)}`);
  expect(guilty.map(({ name }) => name)).toEqual(['a']);
  expect(retries.map((retry) => retry.resources.map(({ name }) => name))).toEqual([['b', 'ab']]);
});

test('the message is not repeated in the reason: of a secret it would be the key', () => {
  const dump = 'goo.gle/debugstr  \nprivate_key { inline: "KEY"\n}\n: Proto constraint validation failed (…)';
  expect(readableReason(dump)).toBe('Proto constraint validation failed (…)');
  expect(readableReason('Invalid duration: goo.gle/debugproto  \nseconds: -5\n')).toBe('Invalid duration');
  expect(readableReason('malformed IP address: x')).toBe('malformed IP address: x');
  expect(readableReason('(s) a: no such function\nb: no such function\n')).toBe(
    '(s) a: no such function; b: no such function',
  );
});
