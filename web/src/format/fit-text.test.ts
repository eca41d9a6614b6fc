import { expect, test } from 'vitest';
import { fitText } from './fit-text.ts';

test.each([
  ['reviews', 10, 'reviews'],
  ['reviews', 7, 'reviews'],
  ['productpage', 7, 'produc…'],
  ['x'.repeat(1000), 5, 'xxxx…'],
  ['検索検索検索', 7, '検索…'],
  ['a\u202ebc', 5, 'abc'],
  ['<img src=x onerror=alert(1)>', 12, '<img src=x …'],
])('%j in %i columns', (text, columns, fitted) => expect(fitText(text, columns)).toBe(fitted));
