import { expect, test } from 'vitest';
import type { Tap, TapLine } from '../model/tap.ts';
import { type TapRequest, Taps } from './taps.ts';

const request: TapRequest = {
  id: '1',
  target: { namespace: 'shop', name: 'cart-v1' },
  sides: ['served', 'calls'],
  connections: true,
  match: { method: '', path: '', authority: '' },
  peer: { namespace: '', name: '' },
  mostPerSecond: 3,
  durationMs: 60_000,
};
const end = (workload: string, namespace: string) => ({ workload, namespace, principal: '', address: '' });
const line = (more: Partial<TapLine> = {}): TapLine => ({
  ...{
    at: 0,
    proxy: 'shop/cart-1',
    side: 'served',
    connection: '',
    source: end('web', 'front'),
    destination: end('cart-v1', 'shop'),
  },
  ...{
    method: 'GET',
    authority: 'cart',
    path: '/',
    status: 200,
    flags: '',
    refusedBy: '',
    durationMs: 1,
    protocol: 'HTTP/1.1',
  },
  ...{ bytesReceived: 0, bytesSent: 0, mtls: true },
  ...more,
});

function begin(most = 4) {
  const known: (readonly Tap[])[] = [];
  const timers = new Map<() => void, number>();
  let time = 0;
  const taps = new Taps({
    now: () => time,
    after: (ms, run) => {
      timers.set(run, time + ms);
      return () => void timers.delete(run);
    },
    most,
    onChange: (all) => known.push(all),
  });
  const lines: TapLine[] = [];
  let over = 0;
  const listener = {
    line: (one: TapLine) => void lines.push(one),
    over: () => {
      over += 1;
    },
  };
  const wait = (ms: number) => {
    time += ms;
    for (const [run, at] of [...timers]) if (at <= time && timers.delete(run)) run();
  };
  return { taps, known, lines, listener, wait, overs: () => over };
}

test('a tap is there until it is ended, by whoever looks or by its time', () => {
  const { taps, known, listener, wait, overs } = begin(2);
  const first = taps.open(request, listener);
  expect(known.at(-1)).toEqual([
    { id: '1', target: request.target, sides: request.sides, match: request.match, connections: true },
  ]);
  expect(() => taps.open(request, listener)).toThrow(/of this id/);
  taps.open({ ...request, id: '2', durationMs: 5000 }, listener);
  expect(() => taps.open({ ...request, id: '3' }, listener)).toThrow(/2 taps/);
  const ended: string[] = [];
  taps.onEnd('1', () => ended.push('1'));
  taps.onEnd('2', () => ended.push('2'));
  first.end();
  first.end();
  expect([ended, overs(), known.at(-1)?.map(({ id }) => id)]).toEqual([['1'], 0, ['2']]);
  wait(5000);
  expect([ended, overs(), known.at(-1), known.length]).toEqual([['1', '2'], 1, [], 4]);
  taps.onEnd('2', () => ended.push('late'));
  expect([ended.at(-1), taps.take('2', [line()])]).toEqual(['late', 0]);
});

test('so many lines a second: what is beyond is counted, and proxies are not read until the second is over', () => {
  const { taps, lines, listener, wait } = begin();
  const tap = taps.open(request, listener);
  expect(taps.take('1', [line(), line()])).toBe(0);
  wait(400);
  expect(taps.take('1', Array(5).fill(line()))).toBe(600);
  expect([lines.length, tap.leftOut()]).toEqual([3, 4]);
  wait(600);
  expect(taps.take('1', [line()])).toBe(0);
  expect(lines).toHaveLength(4);
});

test('the other end is who calls or is called; outside of the mesh, the host', () => {
  const calls = (destination: string, authority: string) =>
    line({ side: 'calls', source: end('cart-v1', 'shop'), destination: end(destination, 'shop'), authority });
  const seen = (peer: TapRequest['peer'], ...given: TapLine[]) => {
    const { taps, lines, listener } = begin();
    taps.open({ ...request, peer }, listener);
    taps.take('1', given);
    return lines.length;
  };
  expect(seen({ namespace: '', name: 'web' }, line(), line({ source: end('other', 'front') }))).toBe(1);
  expect(seen({ namespace: 'back', name: 'web' }, line())).toBe(0);
  expect(seen({ namespace: 'shop', name: 'stock' }, calls('stock', 'x'), calls('', 'stock'), calls('a', 'b'))).toBe(2);
  expect(seen({ namespace: '', name: 'api.example' }, calls('', 'api.example:443'), line())).toBe(1);
});
