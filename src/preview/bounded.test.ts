import { expect, test } from 'vitest';
import { bounded } from './bounded.ts';

test('texts are printed until they are too long together, and not one further', () => {
  const printed: string[] = [];
  const print = (text: string) => {
    printed.push(text);
    return text;
  };
  expect(bounded(['ab', 'cd'], print, 4)).toEqual(['ab', 'cd']);
  expect(() => bounded(['ab', 'cd', 'e', 'f'], print, 4)).toThrow(/^OR1213 the answer has more than 4/);
  expect(printed).toEqual(['ab', 'cd', 'ab', 'cd', 'e']);
});
