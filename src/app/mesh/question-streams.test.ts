import { describe, expect, test } from 'vitest';
import type { EjectionAnswer } from '../../model/ejection-answer.ts';
import type { Workload } from '../../model/workload.ts';
import { Questions } from '../../observe/questions.ts';
import { emptySnapshot, type Snapshot } from '../../registry/snapshot.ts';
import type { TapStreams } from '../../wire/access-log-service.ts';
import type { ProvenPeer } from '../../wire/session.ts';
import type { TapEntry } from '../../xds/encode/access-logs.ts';
import { questionLog, questionTag } from '../../xds/translate/question.ts';
import { peerEndpoints } from './peer-endpoints.ts';
import { questionStreams } from './question-streams.ts';

const pod = (name: string) =>
  ({ id: `shop/${name}`, namespace: 'shop', name, uid: name, serviceAccount: 'cart' }) as unknown as Workload;
const peer = (name: string): ProvenPeer => ({
  ...{ namespace: 'shop', serviceAccount: 'cart', expiresAt: Number.MAX_SAFE_INTEGER },
  pod: { name, uid: name },
});
const node = (name: string) => `sidecar~10.1.0.1~${name}.shop~shop.svc.cluster.local`;
const entry = (text: string) => ({ tags: { [questionTag]: text } }) as unknown as TapEntry;
const ejected = 'outbound|80||db.shop.svc.cluster.local 10.1.0.7:80 failed_outlier_check';

function world() {
  let snapshot: Snapshot = {
    ...emptySnapshot,
    workloads: new Map(['a', 'b'].map((name) => [`shop/${name}`, pod(name)])),
  };
  const questions = new Questions({
    most: 10,
    onChange: (asked) => {
      snapshot = { ...snapshot, asked };
    },
  });
  const begun: string[] = [];
  const others: TapStreams = { isOpen: (id) => id === 'tap', begin: (id) => void begun.push(id) };
  const told: EjectionAnswer[] = [];
  const streams = questionStreams({ questions, snapshot: () => snapshot, now: () => 7, others });
  return { questions, streams, begun, told, take: (answer: EjectionAnswer) => void told.push(answer) };
}

describe('answers of proxies', () => {
  test('one that is asked tells of itself, by its token, until it is asked no more', () => {
    const { questions, streams, told, take } = world();
    expect(streams.isOpen(questionLog)).toBe(false);
    const end = questions.open('shop/a', take);
    expect(streams.isOpen(questionLog)).toBe(true);
    const sink = streams.begin(questionLog, peer('a'), node('a'));
    let over = 0;
    sink?.onEnd(() => over++);
    // What came late is of no use beside what is newer; it is read again after half a second.
    expect(sink?.take([entry('0\n'), entry(`1\n${ejected}`)])).toBe(500);
    const answer = {
      proxy: 'shop/a',
      at: 7,
      total: 1,
      endpoints: [expect.objectContaining({ address: '10.1.0.7:80' })],
    };
    expect(told).toEqual([answer]);
    for (const text of ['', '-', '<html>', '-1\n']) sink?.take([entry(text)]);
    sink?.take([]);
    sink?.take([{ tags: {} } as unknown as TapEntry]);
    expect(told).toHaveLength(1);
    end();
    expect(over).toBe(1);
    sink?.take([entry('0\n')]);
    expect(told).toHaveLength(1);
  });

  test('one that is not asked here is sent on, and nobody tells for another', () => {
    const { questions, streams, told, take } = world();
    questions.open('shop/a', take);
    expect(streams.begin(questionLog, peer('b'), node('b'))).toBeUndefined();
    expect(() => streams.begin(questionLog, peer('b'), node('a'))).toThrow('OR2401');
    expect(told).toEqual([]);
    expect(() => streams.begin(questionLog, peer('nobody'), node('nobody'))).toThrow(/OR24/);
  });

  test('taps are as before', () => {
    const { streams, begun } = world();
    expect([streams.isOpen('tap'), streams.isOpen('other')]).toEqual([true, false]);
    streams.begin('tap', peer('a'), node('a'));
    expect(begun).toEqual(['tap']);
  });

  test('another replica asks for one proxy, until it has gone; a question without one is refused', () => {
    const { questions } = world();
    const method = peerEndpoints(questions, () => true);
    const sent: unknown[] = [];
    const output = {
      send: (event: string, data: string) => void sent.push([event, JSON.parse(data)]),
      close: () => undefined,
    };
    const end = method.open({ proxy: 'shop/a' }, output);
    questions.take({ proxy: 'shop/a', at: 7, endpoints: [], total: 0 });
    expect(sent).toEqual([['answer', { proxy: 'shop/a', at: 7, endpoints: [], total: 0 }]]);
    end();
    expect(questions.isAsked('shop/a')).toBe(false);
    for (const wrong of [{}, { proxy: 3 }, { proxy: 'x'.repeat(601) }])
      expect(() => method.open(wrong, output)).toThrow('OR2003');
  });
});
