import { describe, expect, test } from 'vitest';
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
