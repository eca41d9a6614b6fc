import { expect, test } from 'vitest';
import { asFormat, isFormat } from './header-format.ts';

test.each([
  '',
  'plain',
  '100 %%',
  '%REQ(x-a)%',
  '%REQ(:path?x-b):12%',
  'a%PROTOCOL%b',
  '%DOWNSTREAM_REMOTE_ADDRESS%',
  '%START_TIME(s)%',
])('%j is a format', (text) => {
  expect([isFormat(text), asFormat(text)]).toEqual([true, text]);
});

test.each([
  ['%', '%%'],
  ['100 %', '100 %%'],
  ['%REQ%', '%%REQ%%'],
  ['%REQ(x)', '%%REQ(x)'],
  ['%WHO(x)%', '%%WHO(x)%%'],
  ['%%%', '%%%%%%'],
  ['%2F%REQ(x)%', '%%2F%%REQ(x)%%'],
])('%j is none, and is sent as it stands', (text, escaped) => {
  expect([isFormat(text), asFormat(text)]).toEqual([false, escaped]);
});
