import { expect, test } from 'vitest';
import { OtherReplicas, type Replica, type ReplicaListener } from './other-replicas.ts';

/** Replicas by name, what was asked of each so far, and time that passes when it is told to. */
function begin(names: readonly string[]) {
  const there = new Map(names.map((name) => [name, { name, address: `10.0.0.${name}` } satisfies Replica]));
  const asked: { readonly name: string; readonly listener: ReplicaListener; closed: boolean }[] = [];
  const taken: unknown[] = [];
  let waiting: (() => void)[] = [];
  const others = new OtherReplicas({
    list: () => [...there.values()],
    ask: ({ name }, question, listener) => {
      expect(question).toEqual({ id: 'x' });
      const one = { name, listener, closed: false };
      asked.push(one);
      return () => {
        one.closed = true;
      };
    },
    after: (_, run) => {
      waiting.push(run);
      return () => {
        waiting = waiting.filter((other) => other !== run);
      };
    },
    asked: { id: 'x' },
    take: (lines) => void taken.push(...lines),
  });
  const pass = () => {
    for (const run of waiting.splice(0)) run();
  };
  others.begin();
  return { others, there, asked, taken, pass, waiting: () => waiting.length };
}

const end = { workload: 'a', namespace: 'b' };
const line = { side: 'served', source: end, destination: end, authority: 'c', path: '/' };
const tap = (here: number, ready: number) => ({ event: 'tap', data: { proxies: 9, here, ready } });

test('what the others tell is summed up, and their lines go where those of all do', () => {
  const { others, asked, taken } = begin(['1', '2']);
  expect(others.shares()).toEqual({ here: 0, ready: 0, leftOut: 0, replicas: { asked: 2, silent: [] } });
  for (const [index, { listener }] of asked.entries()) listener.event(tap(index + 2, index + 1));
  asked[1]?.listener.event({ event: 'leftOut', data: 4 });
  asked[0]?.listener.event({ event: 'line', data: line });
  expect(others.shares()).toMatchObject({ here: 5, ready: 3, leftOut: 4 });
  expect(taken).toEqual([line]);
});

test('one that ends is silent until it tells again, and asked again once for each try', () => {
  const { others, asked, pass } = begin(['1']);
  asked[0]?.listener.event(tap(2, 2));
  asked[0]?.listener.ended('it is gone');
  const silent = { here: 0, ready: 0, replicas: { asked: 1, silent: [{ replica: '1', reason: 'it is gone' }] } };
  expect(others.shares()).toMatchObject(silent);
  pass();
  pass();
  expect([asked.length, others.shares()]).toMatchObject([2, silent]);
  asked[1]?.listener.event(tap(2, 1));
  expect(others.shares()).toMatchObject({ here: 2, ready: 1, replicas: { silent: [] } });
});

test('one that is new is asked, one that is no replica any more is let go, and in the end all are', () => {
  const { others, there, asked, pass, waiting } = begin(['1']);
  there.delete('1');
  there.set('2', { name: '2', address: '10.0.0.2' });
  pass();
  expect(asked.map(({ name, closed }) => [name, closed])).toEqual([
    ['1', true],
    ['2', false],
  ]);
  others.end();
  expect([asked[1]?.closed, waiting()]).toEqual([true, 0]);
});

test('not more than 32 are asked', () => {
  expect(begin(Array.from({ length: 40 }, (_, index) => String(index))).asked.length).toBe(32);
});

test('what is no number and no line, from a replica of another version, is not taken', () => {
  const { others, asked, taken } = begin(['1']);
  const [one] = asked;
  for (const data of [null, 7, 'x', [], {}, { here: '3', ready: {} }, { here: -1, ready: 0.5 }])
    one?.listener.event({ event: 'tap', data });
  for (const data of [null, '9', {}, -1, Number.NaN]) one?.listener.event({ event: 'leftOut', data });
  for (const data of [null, 7, [], {}, { source: null, destination: {}, authority: '' }])
    one?.listener.event({ event: 'line', data });
  one?.listener.event({ event: 'end', data: { reason: 'x' } });
  expect(others.shares()).toMatchObject({ here: 0, ready: 0, leftOut: 0, replicas: { asked: 1, silent: [] } });
  expect(taken).toEqual([]);
});
