import { expect, test } from 'vitest';
import { otherDeliveries } from './other-deliveries.ts';
import type { ReplicaListener } from './other-replicas.ts';
import { Deliveries } from './pages/deliveries.ts';

const names = ['good', 'gone', 'slow', 'odd'];

/** What each replica does when it is asked, and time that passes when it is told to. */
function begin() {
  const listeners = new Map<string, ReplicaListener>();
  const closed: string[] = [];
  const waiting = new Set<() => void>();
  const answer = otherDeliveries({
    list: () => names.map((name) => ({ name, address: '10.0.0.1' })),
    ask: ({ name }, _, listener) => {
      listeners.set(name, listener);
      return () => void closed.push(name);
    },
    after: (_, run) => {
      waiting.add(run);
      return () => void waiting.delete(run);
    },
  });
  return { answer, listeners, closed, waiting };
}

test('counts of whoever answers; who does not, and why', async () => {
  const { answer, listeners, closed, waiting } = begin();
  const good = listeners.get('good');
  good?.event({ event: 'deliveries', data: [['VirtualService a/b', 1, 2]] });
  good?.event({ event: 'deliveries', data: [['Gateway a/b', 0, 3]] });
  good?.event({ event: 'end', data: null });
  listeners.get('gone')?.ended('connect ECONNREFUSED');
  listeners.get('odd')?.event({ event: 'deliveries', data: [['VirtualService a/b', -1, 2]] });
  for (const run of waiting) run();
  const { counts, replicas } = await answer;
  expect(counts.map((one) => Object.fromEntries(one))).toEqual([
    { 'VirtualService a/b': { taken: 1, of: 2 }, 'Gateway a/b': { taken: 0, of: 3 } },
  ]);
  expect(replicas).toEqual({
    asked: 4,
    silent: [
      { replica: 'gone', reason: 'connect ECONNREFUSED' },
      { replica: 'slow', reason: 'no answer within 3000 ms' },
      { replica: 'odd', reason: 'what it says is no count of proxies' },
    ],
  });
  expect([closed.sort(), waiting.size]).toEqual([[...names].sort(), 0]);
});

test.each([{}, 'x', [7], [['a', 1]], [['a', 1, '2']], [['a', 1.5, 2]], [[7, 1, 2]]])(
  'what is no count: %j',
  async (data) => {
    const { answer, listeners, waiting } = begin();
    listeners.get('odd')?.event({ event: 'deliveries', data });
    for (const run of waiting) run();
    const { replicas } = await answer;
    expect(replicas.silent.find(({ replica }) => replica === 'odd')?.reason).toMatch(/no count/);
  },
);

test('of all replicas together, once in five seconds', async () => {
  let now = 0;
  let asked = 0;
  const proxy = { proxy: 'a/x' } as never;
  const resource = { state: 'SYNCED', origins: ['VirtualService a/b spec.http[0]', 'VirtualService a/b'] } as never;
  const deliveries = new Deliveries({
    mesh: {
      report: () => ({
        ...{ instance: '', version: '', now: '', workloads: [] },
        proxies: [proxy],
        resources: [resource],
      }),
    },
    others: async () => {
      asked += 1;
      return { counts: [new Map([['VirtualService a/b', { taken: 0, of: 2 }]])], replicas: { asked: 1, silent: [] } };
    },
    now: () => now,
  });
  for (now of [0, 4999, 5000])
    expect(Object.fromEntries(await deliveries.all())).toEqual({ 'VirtualService a/b': { taken: 1, of: 3 } });
  expect([asked, deliveries.replicas]).toEqual([2, { asked: 1, silent: [] }]);
});
