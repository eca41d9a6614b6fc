import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineCounter, parse } from 'yaml';
import { cpuMs } from '../../test/cpu-time.ts';
import type { JsonObject } from '../model/json.ts';
import { parseYaml, printYaml } from './kubernetes-yaml.ts';
import { printDocument } from './print-documents.ts';
import { readDocuments } from './read-documents.ts';

const read = (text: string): unknown => parseYaml(text, new LineCounter())[0]?.toJS();

/** What sigs.k8s.io/yaml v1.6.0 makes of each, as kubectl uses it. */
test.each<[string, unknown]>([
  ['0400', 256],
  ['0644', 420],
  ['-0400', -256],
  ['0o17', 15],
  ['0x1F', 31],
  ['0b101', 5],
  ['09', 9],
  ['1_000', 1000],
  ['1e3', 1000],
  ['+.5', 0.5],
  ['.5', 0.5],
  ['yes', true],
  ['On', true],
  ['y', true],
  ['n', false],
  ['OFF', false],
  ['oFF', 'oFF'],
  ['12:30:45', '12:30:45'],
  ['2026-01-01', '2026-01-01'],
  ['1.2.3', '1.2.3'],
  ['0x_', '0x_'],
  ['e5', 'e5'],
  ['.', '.'],
  ['1e999', '1e999'],
  ['~', null],
  ['"0400"', '0400'],
  ['!!str 0400', '0400'],
])('%s is read as kubectl reads it', (text, value) => {
  expect(read(`a: ${text}`)).toEqual({ a: value });
});

test('keys are texts, merges are made, .inf is refused', () => {
  expect(read('{on: 1, 010: 2}')).toEqual({ true: 1, 8: 2 });
  expect(read('a: &a {x: 1}\nb: {<<: *a, y1: 2}')).toEqual({ a: { x: 1 }, b: { x: 1, y1: 2 } });
  expect(() => readDocuments('kind: A\na: .inf', 'f.yaml')).toThrow(/^OR1209 f\.yaml:2:4: \.inf/);
});

describe('what is printed, YAML 1.1 and 1.2 read as the same text', () => {
  const tricky = ['yes', 'on', 'y', 'off', 'no', 'n', 'N', '1_000', '12:30:45', '2026-01-01', '2026-01-01T00:00:00Z'];
  const more = ['0o17', '0x1F', '1e3', '0400', '09', '~', 'null', '', '.', '<<', '=', '.inf', '1.', '+1', 'e5', '---'];
  const odd = [
    'a\tb',
    '\t',
    'a\u2028b',
    'a\u0085b',
    '\ufeffa',
    'a\r\nb',
    ' a',
    'a: b',
    'a #b',
    '- a',
    '%a',
    '190:20:30',
  ];
  const texts = fc.oneof(
    fc.constantFrom(...tricky, ...more, ...odd),
    fc.stringMatching(/^[-+0-9_.:exobTZ]{0,9}$/),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(' ', '\n', '\t', 'a', '#', ':', '-', "'", '"', '\\', '|', '\u2029') }),
  );
  const same = (yaml: string, value: unknown) => {
    expect(parse(yaml, { version: '1.1' })).toEqual(value);
    expect(parse(yaml, { version: '1.2' })).toEqual(value);
    expect(read(yaml)).toEqual(value);
  };

  test('values, items and keys of a new document', () => {
    fc.assert(
      fc.property(texts, texts, (one, two) => {
        const value = { value: one, list: [two, { [one === '<<' ? '' : one]: two }], nested: { deep: { a: one } } };
        same(printYaml(value), value);
      }),
      { numRuns: 2000 },
    );
  });

  test('what is put into a document of the user', () => {
    fc.assert(
      fc.property(texts, texts, (one, two) => {
        const [document] = readDocuments('kind: Pod\nspec: {a: x, list: [{name: a}]}\n', 'f.yaml');
        const after: JsonObject = { kind: 'Pod', spec: { a: one, list: [{ name: 'a', v: two }, { v: one }] } };
        same(document === undefined ? '' : printDocument(document, after), after);
      }),
      { numRuns: 1000 },
    );
  });

  test('numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (a) =>
        same(printYaml({ a: a + 0 }), { a: a + 0 }),
      ),
    );
  });
});

test('a scalar that nobody changed keeps its text', () => {
  const lines = [
    'mode: 0400',
    'a: yes',
    'b: 1_000',
    'c: 12:30:45',
    'd: 2026-01-01',
    'e: 1.20',
    'f: 0x1F',
    'g: !!str 5',
  ];
  const text = `kind: Pod\n${lines.join('\n')}\nlist: [on, 0644, ~]\n`;
  const [document] = readDocuments(text, 'f.yaml');
  expect(document && printDocument(document, { ...document.object, added: 'yes' })).toBe(`${text}added: "yes"\n`);
});

test('as many keys as 256 KiB hold are read in time, and one that is there twice is found', () => {
  const keys = Array.from({ length: 30_000 }, (_, index) => `  k${index}: 1\n`).join('');
  const begin = cpuMs();
  expect(readDocuments(`kind: ConfigMap\ndata:\n${keys}`, 'f.yaml').length).toBe(1);
  // Whatever grows with the square of it takes minutes.
  expect(cpuMs() - begin).toBeLessThan(10_000);
  expect(() => readDocuments(`kind: ConfigMap\ndata:\n${keys}  k7: 2\n`, 'f.yaml')).toThrow(
    /^OR1209 f\.yaml:30003:3: Map keys must be unique, "k7"/,
  );
});

test.each([
  ['underscores', `kind: A\na: ${'1_'.repeat(130_000)}x\n`],
  [
    'anchors and aliases',
    `kind: A\nl:\n${Array.from({ length: 14_000 }, (_, n) => `- &a${n} x\n- *a${n}\n`).join('')}`,
  ],
  ['faults', `kind: A\n${'a \n'.repeat(87_000)}`],
  ['braces', '{"a":1} x'.repeat(30_000)],
  ['quotes', `{"${'\\"'.repeat(130_000)}`],
  ['brackets', `a: ${'['.repeat(260_000)}`],
  ['keys in flow style', `kind: A\na: {${Array.from({ length: 26_000 }, (_, n) => `k${n}: 1,`).join('')}}`],
])('256 KiB of %s are answered in time', (_, text) => {
  const begin = cpuMs();
  try {
    readDocuments(text, 'f.yaml');
  } catch (error) {
    expect(String(error)).toContain('OR1209');
  }
  // Whatever grows with the square of it takes minutes.
  expect(cpuMs() - begin).toBeLessThan(10_000);
});
