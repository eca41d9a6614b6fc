import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../test/cpu-time.ts';
import type { JsonObject } from '../model/json.ts';
import { joinDocuments, printDocument } from './print-documents.ts';
import { readDocuments } from './read-documents.ts';

const source = `# top comment
kind: Pod # a pod
metadata:
  name: "web"   # quoted
spec:
  # the app
  containers:
  - name: web
    image: 'a'
    args: [x,   "y"]
`;

describe('documents keep what the user wrote', () => {
  test('an unchanged document is its very text', () => {
    const [document] = readDocuments(source, 'f.yaml');
    expect(document && printDocument(document, document.object)).toBe(source);
  });

  test('comments, quotes, order and style stay around a change', () => {
    const [document] = readDocuments(source, 'f.yaml');
    const object = document?.object as { spec: { containers: JsonObject[] } } & JsonObject;
    const after = { ...object, spec: { containers: [{ name: 'proxy' }, ...object.spec.containers] } } as JsonObject;
    expect(document && printDocument(document, after)).toBe(
      source
        .replace(
          '  - name: web\n    image: \'a\'\n    args: [x,   "y"]\n',
          '  - name: proxy\n  - name: web\n    image: \'a\'\n    args: [x, "y"]\n',
        )
        .replace('"web"   #', '"web" #'),
    );
  });

  test('several documents, comments between them included', () => {
    const text = '# one\nkind: A\n---\n# two\nkind: B\n---\n# nothing\n';
    const documents = readDocuments(text, 'f.yaml');
    expect(documents.map((one) => one.object['kind'])).toEqual(['A', 'B']);
    expect(joinDocuments(documents.map((one) => printDocument(one, one.object)))).toBe(
      '# one\nkind: A\n---\n# two\nkind: B\n',
    );
  });

  test('items of a List are told apart: comments in them and before them stay', () => {
    const text = `kind: List
items:
# the first
- kind: Pod
  metadata: {name: a} # its name
- kind: Pod
  metadata:
    generateName: b- # any
  spec: {n: 0400} # mode
# the second
- kind: Pod
  metadata: {name: a, namespace: x}
`;
    const [document] = readDocuments(text, 'f.yaml');
    const items = ((document?.object['items'] ?? []) as JsonObject[]).map((item) => ({ ...item, added: 'yes' }));
    expect(document && printDocument(document, { ...document.object, items })).toBe(`kind: List
items:
# the first
- kind: Pod
  metadata: {name: a} # its name
  added: "yes"
- kind: Pod
  metadata:
    generateName: b- # any
  spec: {n: 0400} # mode
  added: "yes"
# the second
- kind: Pod
  metadata: {name: a, namespace: x}
  added: "yes"
`);
  });

  test('an edit below an anchor or a merge key changes nothing else', () => {
    for (const text of [
      'kind: A\na: &x {k: 1}\nb: *x\n',
      'kind: A\na: &x {k: 1}\nb: {<<: *x, l: 1}\n',
      'kind: A\nb: {<<: {k: 2}, l: 1}\na: 1\n',
    ]) {
      const [document] = readDocuments(text, 'f.yaml');
      for (const after of [
        { ...document?.object, a: { k: 2 } },
        { ...document?.object, b: {} },
        { ...document?.object, b: 1, a: 1 },
      ] as JsonObject[]) {
        const printed = document === undefined ? '' : printDocument(document, after);
        expect(readDocuments(printed, 'f.yaml')[0]?.object).toEqual(after);
      }
    }
  });

  test('lines that end in CRLF do so after a change', () => {
    const [one, two] = readDocuments(
      `${source}---\nkind: B # b\ntext: |\n  x\n  y\n`.replaceAll('\n', '\r\n'),
      'f.yaml',
    );
    const texts = [one, two].map((document) => document && printDocument(document, { ...document.object, added: 1 }));
    const printed = joinDocuments(texts.map(String));
    expect(printed.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(printed).toContain('# a pod\r\n');
    expect(printed).toContain('text: |\r\n  x\r\n  y\r\nadded: 1\r\n');
    expect(readDocuments(printed, 'f.yaml')[1]?.object).toEqual({ kind: 'B', text: 'x\ny\n', added: 1 });
  });

  test('thousands of keys and items are edited in time', () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `  k${index}: 1\n`).join('');
    const list = Array.from({ length: 10_000 }, (_, index) => `  - {name: n${index}}\n`).join('');
    const [document] = readDocuments(`kind: A\nkeys:\n${keys}list:\n${list}`, 'f.yaml');
    const { keys: before, list: items } = (document?.object ?? {}) as { keys: JsonObject; list: JsonObject[] };
    const after = { kind: 'A', keys: { ...before, x: 1 }, list: [{ name: 'first' }, ...items] };
    const begin = cpuMs();
    if (document !== undefined) printDocument(document, after);
    expect(cpuMs() - begin).toBeLessThan(1500);
  });

  test('JSON objects one after another, each with its line', () => {
    const text = '{"kind": "A"}\n{\n  "kind": "B", "a": "}{\\""\n}{"kind":"C"}\n';
    const documents = readDocuments(text, 'f.json');
    expect(documents.map(({ object, format, at }) => [object['kind'], format, at])).toEqual([
      ['A', 'json', 'f.json:1'],
      ['B', 'json', 'f.json:2'],
      ['C', 'json', 'f.json:4'],
    ]);
    expect(readDocuments('{kind: A}\n---\n{"kind": "B"}\n', 'f.yaml').map(({ format }) => format)).toEqual([
      'yaml',
      'yaml',
    ]);
  });

  test('JSON stays JSON with its indentation', () => {
    const [document] = readDocuments('{\n    "kind": "Pod"\n}\n', 'f.json');
    expect(document && printDocument(document, { kind: 'Pod', a: 1 })).toBe('{\n    "kind": "Pod",\n    "a": 1\n}\n');
  });

  test.each([
    ['kind: Pod\nspec: [\n', /^OR1209 f\.yaml:\d+:\d+: /],
    ['kind: A\n---\nkind: B\n  x: y\n', /^OR1209 f\.yaml:3:7/],
    ['- a\n', /^OR1209 f\.yaml:1: it is no Kubernetes object/],
    ['kind: A\nkind: B\n', /^OR1209 f\.yaml:2/],
  ])('a mistake is named with its place: %j', (text, message) => {
    expect(() => readDocuments(text, 'f.yaml')).toThrow(message);
  });
});
