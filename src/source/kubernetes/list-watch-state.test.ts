import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultBackoff,
  type Effect,
  type Failure,
  initialState,
  type ListWatchState,
  type Signal,
  step,
  waitMs,
} from './list-watch-state.ts';

interface Item {
  readonly name: string;
  readonly value: number;
}

function play(signals: readonly Signal<Item>[], random = 0.5) {
  let state: ListWatchState<Item> = initialState();
  let effects: readonly Effect<Item>[] = [];
  for (const signal of signals) ({ state, effects } = step(state, signal, random));
  return { state, effects };
}

const fail = (kind: Failure['kind'], retryAfterMs?: number): Signal<Item> => ({
  type: 'failed',
  failure: { kind, message: kind, retryAfterMs },
});
const page = (resourceVersion: string, continueToken = ''): Signal<Item> => ({
  type: 'page',
  items: [],
  resourceVersion,
  continueToken,
});
const watching: Signal<Item>[] = [{ type: 'start' }, page('7')];

describe('list and watch', () => {
  test('pages are gathered and replace the store at once', () => {
    const one: Signal<Item> = { ...page('7', 'more'), items: [{ name: 'a', value: 1 }] } as Signal<Item>;
    const first = play([{ type: 'start' }, one]);
    expect(first.effects).toEqual([{ do: 'list', continueToken: 'more' }]);
    const two: Signal<Item> = { ...page('7'), items: [{ name: 'b', value: 2 }] } as Signal<Item>;
    expect(play([{ type: 'start' }, one, two]).effects).toEqual([
      {
        do: 'replace',
        items: [
          { name: 'a', value: 1 },
          { name: 'b', value: 2 },
        ],
      },
      { do: 'watch', resourceVersion: '7' },
    ]);
  });

  test.each([
    ['unreachable', 'watch'],
    ['idle', 'watch'],
    ['throttled', 'watch'],
    ['unauthorized', 'watch'],
    ['gone', 'list'],
    ['garbage', 'list'],
  ] as const)('after %s comes a %s', (kind, next) => {
    const { effects } = play([...watching, fail(kind), { type: 'timer' }]);
    expect(effects[0]?.do).toBe(next);
  });

  test('an ERROR event of 410 lists anew', () => {
    const event: Signal<Item> = { type: 'event', event: { type: 'ERROR', failure: { kind: 'gone', message: '410' } } };
    expect(play([...watching, event, { type: 'timer' }]).effects).toEqual([{ do: 'list', continueToken: '' }]);
  });

  test('a version that is refused three times is given up', () => {
    const again: Signal<Item>[] = [fail('refused'), { type: 'timer' }];
    expect(play([...watching, ...again, ...again]).effects[0]?.do).toBe('watch');
    expect(play([...watching, ...again, ...again, ...again]).effects[0]?.do).toBe('list');
  });

  test('credentials are read again after 401', () => {
    expect(play([...watching, fail('unauthorized')]).effects.map((effect) => effect.do)).toEqual([
      'reauthenticate',
      'wait',
    ]);
  });

  test('a bookmark moves the version without touching the store', () => {
    const bookmark: Signal<Item> = { type: 'event', event: { type: 'BOOKMARK', resourceVersion: '9' } };
    const { effects } = play([...watching, bookmark, { type: 'ended', afterMs: 1 }]);
    expect(effects).toEqual([{ do: 'watch', resourceVersion: '9' }]);
  });

  test('a watch that ends at once without a word is no tight loop', () => {
    expect(play([...watching, { type: 'ended', afterMs: 10 }]).effects[0]?.do).toBe('wait');
    expect(play([...watching, { type: 'ended', afterMs: 300_000 }]).effects[0]?.do).toBe('watch');
  });

  test('Retry-After is obeyed, and waits grow within their bounds', () => {
    expect(play([...watching, fail('throttled', 5_000)]).effects).toMatchObject([{ do: 'wait', ms: 5_000 }]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, random) => {
        const ms = waitMs(n, random, defaultBackoff);
        expect(ms).toBeGreaterThanOrEqual(defaultBackoff.baseMs / 2);
        expect(ms).toBeLessThanOrEqual(defaultBackoff.capMs);
      }),
    );
  });
});
