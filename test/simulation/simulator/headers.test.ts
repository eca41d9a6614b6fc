import { expect, test } from 'vitest';
import { changed } from './headers.ts';

const option = (key: string, value: string, append_action?: string) => ({
  header: { key, value },
  ...(append_action === undefined ? {} : { append_action }),
});

test('what is removed may be added again, as Envoy removes first', () => {
  const headers = [['x', '1']] as const;
  expect(changed(headers, [option('x', '2')], ['X'], {})).toEqual([['x', '2']]);
});

test('what takes the place of others does so before anything is put beside it', () => {
  const both = [option('x', 'added'), option('x', 'set', 'OVERWRITE_IF_EXISTS_OR_ADD')];
  expect(changed([['x', '1']], both, [], {})).toEqual([
    ['x', 'set'],
    ['x', 'added'],
  ]);
});

test.each([
  [undefined, ['1', '2'], ['2']],
  ['APPEND_IF_EXISTS_OR_ADD', ['1', '2'], ['2']],
  ['OVERWRITE_IF_EXISTS_OR_ADD', ['2'], ['2']],
  ['OVERWRITE_IF_EXISTS', ['2'], []],
  ['ADD_IF_ABSENT', ['1'], ['2']],
])('%s', (action, there, absent) => {
  const of = (headers: readonly (readonly [string, string])[]) =>
    changed(headers, [option('x', '2', action)], [], {}).map(([, value]) => value);
  expect(of([['x', '1']])).toEqual(there);
  expect(of([])).toEqual(absent);
});

test('words between per cent signs are what is known, and two of the signs are one', () => {
  expect(changed([], [option('x', '%A% 100%% %B%')], [], { A: 'a' })).toEqual([['x', 'a 100% %B%']]);
});
