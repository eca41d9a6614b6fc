import { expect, test } from 'vitest';
import { encodeFamily } from '../../test/observe/families.ts';
import { areFamilies, FamilyReader } from './family-reader.ts';

function readers(mostSeries = 100) {
  let ids = 0;
  const reader = new FamilyReader(mostSeries, () => ids++);
  const names = new Map<number, string>();
  const read = (...families: Buffer[]): Record<string, number> => {
    const values: Record<string, number> = {};
    reader.read(Buffer.concat(families), {
      onNew: (id, series) => names.set(id, series),
      onValue: (id, value) => {
        values[names.get(id) ?? `?${id}`] = value;
      },
      onForgotten: (id) => names.delete(id),
    });
    return values;
  };
  return { reader, names, read };
}
const numbers = (name: string, ...of: readonly (readonly [label: string, value: number])[]) =>
  encodeFamily(
    name,
    'counter',
    of.map(([x, value]) => ({ labels: Object.fromEntries(x === '' ? [] : [['x', x]]), value })),
  );

test('the series and names of the text format, in whatever order and with whatever comes and goes', () => {
  const { read } = readers();
  expect(read(numbers('a', ['', 1]), numbers('b', ['1', 2], ['2', 3]))).toEqual({
    'a{}': 1,
    'b{x="1"}': 2,
    'b{x="2"}': 3,
  });
  expect(read(numbers('b', ['2', 4], ['3', 0.5], ['1', 5]), numbers('a', ['', Number.NaN]))).toEqual({
    ...{ 'b{x="2"}': 4, 'b{x="3"}': 0.5, 'b{x="1"}': 5, 'a{}': Number.NaN },
  });
  expect(read(encodeFamily('g', 'gauge', [{ labels: {}, value: -1 }]))).toEqual({ 'g{}': -1 });
});

test('a histogram is a series for each bucket and one for all', () => {
  const { read } = readers();
  const h = (all: number, ...buckets: readonly [number, number][]) =>
    read(encodeFamily('h', 'histogram', [{ labels: { x: '1' }, buckets, all }]));
  expect(h(300, [0.5, 0], [1, 129])).toEqual({
    'h_bucket{x="1",le="0.5"}': 0,
    'h_bucket{x="1",le="1"}': 129,
    'h_bucket{x="1",le="+Inf"}': 300,
  });
  expect(Object.values(h(2 ** 40, [0.5, 1], [1, 2 ** 33]))).toEqual([1, 2 ** 33, 2 ** 40]);
  // Other buckets are other series.
  expect(h(5, [7, 4])).toEqual({ 'h_bucket{x="1",le="7"}': 4, 'h_bucket{x="1",le="+Inf"}': 5 });
});

test('labels with every character', () => {
  const { read } = readers();
  expect(read(numbers('a', ['"},b="\\\n<img>\u202e', 1]))).toEqual({ 'a{x="\\"},b=\\"\\\\\\n<img>\u202e"}': 1 });
});

test('no more series than the limit; those of a proxy that began anew replace those of before', () => {
  const { reader, read } = readers(3);
  expect(read(numbers('a', ['1', 1], ['2', 1], ['3', 1], ['4', 1]))).toEqual({
    ...{ 'a{x="1"}': 1, 'a{x="2"}': 1, 'a{x="3"}': 1 },
  });
  expect(reader.dropped).toBe(1);
  const { read: again, names } = readers(10_000);
  again(numbers('a', ...Array.from({ length: 500 }, (_, at) => [`old${at}`, 1] as const)));
  again(numbers('a', ['young', 1]));
  expect([...names.values()]).toEqual(['a{x="young"}']);
});

test('whatever is cut off, or none of the format, is an error and no loop', () => {
  const whole = encodeFamily('h', 'histogram', [{ labels: { x: '1' }, buckets: [[1, 300]], all: 300 }]);
  for (let length = 1; length < whole.length; length += 1) {
    const { read } = readers();
    expect(() => read(whole.subarray(0, length)), String(length)).toThrow(RangeError);
  }
  for (const noise of [[0xff, 0xff, 0xff], [0x02, 0x0f, 0x01], Array(40).fill(0xff)])
    expect(() => readers().read(Buffer.from(noise))).toThrow(RangeError);
});

test('told from text', () => {
  expect(areFamilies(numbers('a', ['', 1]))).toBe(true);
  expect(areFamilies(numbers('a', ['x'.repeat(500), 1]))).toBe(true);
  for (const text of ['', '# TYPE a counter\n', 'a 1\n', '\n']) expect(areFamilies(Buffer.from(text))).toBe(false);
});
