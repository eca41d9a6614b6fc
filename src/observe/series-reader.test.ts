import { expect, test } from 'vitest';
import { parseSeriesName } from './series-name.ts';
import { SeriesReader } from './series-reader.ts';

function readers(mostSeries = 100) {
  let ids = 0;
  const reader = new SeriesReader(mostSeries, () => ids++);
  const names = new Map<number, string>();
  const read = (text: string): Record<string, number> => {
    const values: Record<string, number> = {};
    reader.read(Buffer.from(text), {
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

test('each line is of its series, in whatever order and with whatever comes and goes', () => {
  const { read } = readers();
  expect(read('# TYPE a counter\na 1\nb{x="1"} 2\nc 3\n')).toEqual({ a: 1, 'b{x="1"}': 2, c: 3 });
  expect(read('a 4\nnew{} 1\nb{x="1"} 5\nc 6')).toEqual({ a: 4, 'new{}': 1, 'b{x="1"}': 5, c: 6 });
  expect(read('c 7\na 8\n')).toEqual({ c: 7, a: 8 });
  expect(read('b{x="1"} 9\nb{x="12"} 10\nb{x="1 2"} 11\n')).toEqual({
    'b{x="1"}': 9,
    'b{x="12"}': 10,
    'b{x="1 2"}': 11,
  });
});

test('values: exponents, infinity and NaN; what is no line of the format is passed over', () => {
  const { read } = readers();
  expect(read('a 1.5e3\nb NaN\nc +Inf\nd\n\ne x\nf 12 \n 7\ng -3\n')).toEqual({
    a: 1500,
    b: Number.NaN,
    c: Infinity,
    g: -3,
  });
});

test('no more series than the limit; those of a proxy that began anew replace those of before', () => {
  const { reader, read, names } = readers(3);
  expect(read('a 1\nb 1\nc 1\nd 1\n')).toEqual({ a: 1, b: 1, c: 1 });
  expect(reader.dropped).toBe(1);
  const { read: again, names: known } = readers(10_000);
  again(Array.from({ length: 500 }, (_, at) => `old{n="${at}"} 1`).join('\n'));
  again('young 1\n');
  expect([...known.values()]).toEqual(['young']);
  expect(names.size).toBe(3);
});

test('names and labels, with every character that a label may hold', () => {
  const labels = (text: string) => Object.fromEntries(parseSeriesName(text)?.labels ?? []);
  expect(parseSeriesName('plain')).toEqual({ name: 'plain', labels: new Map() });
  expect(labels('m{a="1",b="<img src=x onerror=alert(1)>"}')).toEqual({ a: '1', b: '<img src=x onerror=alert(1)>' });
  expect(labels('m{a="x\\"},b=\\"",c="back\\\\slash\\nline"}')).toEqual({ a: 'x"},b="', c: 'back\\slash\nline' });
  expect(labels(`m{a="\u202eevil",b="${'x'.repeat(1024)}"}`)).toEqual({ a: '\u202eevil', b: 'x'.repeat(1024) });
  for (const broken of ['m{a="1', 'm{a=1}', '{a="1"}', 'm{a="1"b="2"}', 'm{a="1"}x', 'a b', ''])
    expect([broken, parseSeriesName(broken)]).toEqual([broken, undefined]);
});
