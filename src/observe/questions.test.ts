import { expect, test } from 'vitest';
import { Questions } from './questions.ts';

const answer = { proxy: 'shop/cart-1', at: 1, endpoints: [], total: 0 };

test('one that many want to know of is asked once, until the last has gone', () => {
  const asked: string[][] = [];
  const questions = new Questions({ most: 2, onChange: (now) => asked.push([...now]) });
  const told: string[] = [];
  const first = questions.open('shop/cart-1', () => told.push('first'));
  const second = questions.open('shop/cart-1', () => told.push('second'));
  let over = 0;
  questions.onEnd('shop/cart-1', () => over++);
  questions.take(answer);
  questions.take({ ...answer, proxy: 'shop/other' });
  expect(told).toEqual(['first', 'second']);
  first();
  first();
  expect([questions.isAsked('shop/cart-1'), over]).toEqual([true, 0]);
  questions.take(answer);
  expect(told).toEqual(['first', 'second', 'second']);
  second();
  expect([questions.isAsked('shop/cart-1'), over]).toEqual([false, 1]);
  expect(asked).toEqual([['shop/cart-1'], []]);
});

test('no more than so many; and who is not asked has ended already', () => {
  const questions = new Questions({ most: 1, onChange: () => undefined });
  const end = questions.open('a/1', () => undefined);
  expect(() => questions.open('a/2', () => undefined)).toThrow('OR4035');
  questions.open('a/1', () => undefined)();
  end();
  questions.open('a/2', () => undefined);
  let over = 0;
  questions.onEnd('a/1', () => over++);
  questions.onEnd('a/2', () => over++)();
  expect(over).toBe(1);
});
