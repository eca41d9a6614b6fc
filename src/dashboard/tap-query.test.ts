import { expect, test } from 'vitest';
import { readTap } from './tap-query.ts';

const id = '0123456789abcdef0123456789abcdef';
const least = { id, namespace: 'shop', name: 'cart-v1' };

test('what is not said is any; bounds are there all the same', () => {
  expect(readTap(least)).toEqual({
    id,
    target: { namespace: 'shop', name: 'cart-v1' },
    sides: ['served', 'calls'],
    match: { method: '', path: '', authority: '' },
    connections: false,
    peer: { namespace: '', name: '' },
    mostPerSecond: 100,
    durationMs: 600_000,
  });
});

test('each filter', () => {
  const status = (text: string) => readTap({ ...least, status: text }).match.status;
  expect([status('503'), status('5xx'), status('400-499')]).toEqual([
    { from: 503, to: 503 },
    { from: 500, to: 599 },
    { from: 400, to: 499 },
  ]);
  const more = {
    side: 'calls',
    method: 'post',
    path: '/a',
    authority: 'x:80',
    peer: 'back/stock',
    rate: '7',
    seconds: '9',
  };
  expect(readTap({ ...least, ...more })).toMatchObject({
    ...{ sides: ['calls'], peer: { namespace: 'back', name: 'stock' }, mostPerSecond: 7, durationMs: 9000 },
    match: { method: 'POST', path: '/a', authority: 'x:80' },
  });
});

test('nothing else', () => {
  for (const wrong of [
    ...[{ id: '' }, { id: 'x' }, { name: '' }, { name: '../x' }, { namespace: ['a', 'b'] }, { side: 'all' }],
    ...[
      { method: 'G T' },
      { path: 'x' },
      { path: '/\u0007' },
      { authority: 'a b' },
      { status: '600' },
      { status: '7xx' },
    ],
    ...[{ status: '500-400' }, { peer: 'a/b/c' }, { rate: '0' }, { rate: '1001' }, { seconds: '3601' }, { more: '1' }],
    ...[{ connections: 'x' }, { connections: 'yes', path: '/a' }],
  ])
    expect(() => readTap({ ...least, ...wrong }), JSON.stringify(wrong)).toThrow();
});
