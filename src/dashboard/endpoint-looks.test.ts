import { beforeEach, describe, expect, test } from 'vitest';
import type { EjectionAnswer } from '../model/ejection-answer.ts';
import { Questions } from '../observe/questions.ts';
import { EndpointLooks } from './endpoint-looks.ts';
import type { Replica, ReplicaListener } from './other-replicas.ts';

const proxy = 'shop/cart-1';
const left = (address: string) => ({
  ...{ cluster: 'outbound|80||db.shop.svc.cluster.local', address },
  flags: ['failed_outlier_check'],
});
const [one, two] = [left('10.1.0.1:80'), left('10.1.0.2:80')];

describe('looks', () => {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  let asked: readonly string[] = [];
  let replicas: Replica[] = [];
  let calls: { replica: string; proxy: unknown; listener: ReplicaListener; open: boolean }[] = [];
  let questions: Questions;
  let looks: EndpointLooks;

  beforeEach(() => {
    [now, timers, asked, replicas, calls] = [1000, [], [], [], []];
    questions = new Questions({
      most: 100,
      onChange: (all) => {
        asked = [...all];
      },
    });
    looks = new EndpointLooks({
      questions,
      replicas: {
        list: () => replicas,
        ask: (replica, { proxy: of }, listener) => {
          const call = { replica: replica.name, proxy: of, listener, open: true };
          calls.push(call);
          return () => {
            call.open = false;
          };
        },
      },
      now: () => now,
      after: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    });
  });

  const pass = (ms: number): void => {
    now += ms;
    for (const { run } of timers.filter(({ at }) => at <= now)) run();
    timers = timers.filter(({ at }) => at > now);
  };
  const tell = (...endpoints: EjectionAnswer['endpoints']) =>
    questions.take({ proxy, at: now, endpoints, total: endpoints.length });

  test('one question, however many look, until nobody has for a while', () => {
    for (let viewer = 0; viewer < 50; viewer++) expect(looks.look(proxy)).toEqual({ state: 'asking' });
    expect([asked, timers.length]).toEqual([[proxy], 1]);
    pass(59_000);
    looks.look(proxy);
    pass(59_000);
    expect(asked).toEqual([proxy]);
    pass(1000);
    expect(asked).toEqual([]);
  });

  test('what is told holds for a while, each endpoint since it was first seen', () => {
    looks.look(proxy);
    tell(one);
    now += 2000;
    tell(one, two);
    expect(looks.look(proxy)).toEqual({
      state: 'told',
      answer: {
        at: 3000,
        total: 2,
        endpoints: [
          { ...one, since: 1000 },
          { ...two, since: 3000 },
        ],
      },
    });
    now += 2000;
    tell(two);
    now += 2000;
    tell(one, two);
    expect(looks.look(proxy)?.answer?.endpoints.map(({ since }) => since)).toEqual([7000, 3000]);
    now += 10_000;
    expect(looks.look(proxy)).toEqual({ state: 'silent' });
  });

  test('one that does not answer is silent after ten seconds, as a proxy of an old bootstrap may be', () => {
    looks.look(proxy);
    now += 9999;
    expect(looks.look(proxy)).toEqual({ state: 'asking' });
    now += 1;
    expect(looks.look(proxy)).toEqual({ state: 'silent' });
  });

  test('other replicas are asked, too: again when they ended, no more when they are gone', () => {
    replicas = [
      { name: 'b', address: '10.0.0.2' },
      { name: 'c', address: '10.0.0.3' },
    ];
    looks.look(proxy);
    looks.look(proxy);
    expect(calls.map(({ replica, proxy: of }) => [replica, of])).toEqual([
      ['b', proxy],
      ['c', proxy],
    ]);
    calls[1]?.listener.event({ event: 'answer', data: { endpoints: [one], total: 1 } });
    calls[1]?.listener.event({ event: 'answer', data: { endpoints: 'all', total: 1 } });
    calls[1]?.listener.event({ event: 'other', data: { endpoints: [], total: 0 } });
    expect(looks.look(proxy)?.answer?.endpoints).toEqual([{ ...one, since: 1000 }]);
    calls[0]?.listener.ended('it is of an older version');
    replicas = replicas.slice(0, 1);
    looks.look(proxy);
    expect(calls.map(({ replica, open }) => [replica, open])).toEqual([
      ['b', true],
      ['c', false],
      ['b', true],
    ]);
    looks.close();
    expect([asked, calls.at(-1)?.open, timers]).toEqual([[], false, []]);
  });

  test('not more than thirty', () => {
    for (let at = 0; at < 30; at++) expect(looks.look(`shop/${at}`)).toEqual({ state: 'asking' });
    expect(looks.look('shop/30')).toBeUndefined();
    expect(looks.look('shop/29')).toEqual({ state: 'asking' });
    pass(60_000);
    expect(looks.look('shop/30')).toEqual({ state: 'asking' });
  });

  test('what cannot be asked for lack of room is not', () => {
    for (let at = 0; at < 100; at++) questions.open(`other/${at}`, () => undefined);
    expect(looks.look(proxy)).toBeUndefined();
  });
});
