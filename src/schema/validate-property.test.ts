import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { kinds } from './kinds.ts';
import { validate } from './validate.ts';
import { keywordsOf, valuesOf } from './walk.ts';

const words = [
  '',
  '*',
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  '5s',
  '-1s',
  '(',
  '10.0.0.0/8',
  'é',
  '\u0000',
  '8080',
];
const anything = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }),
  fc.constantFrom(...words),
);

/** Values that are right more often than not, so that the checks of whole messages are reached. */
function arbitraryOf(schema: TSchema): fc.Arbitrary<unknown> {
  const keywords = keywordsOf(schema);
  const wrong = (right: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 30, arbitrary: right }, { weight: 1, arbitrary: anything });
  if (keywords.enum !== undefined) return wrong(fc.constantFrom(...keywords.enum));
  const values = valuesOf(keywords);
  switch (keywords.type) {
    case 'string':
      return wrong(fc.oneof(fc.constantFrom(...words, 'reviews', 'v1', '2s', 'GET'), fc.string({ maxLength: 9 })));
    case 'boolean':
      return wrong(fc.boolean());
    case 'integer':
    case 'number':
      return wrong(fc.integer({ min: -2, max: 600 }));
    case 'array':
      return wrong(fc.array(arbitraryOf(keywords.items ?? {}), { maxLength: 3 }));
    case 'object':
      if (values !== undefined)
        return wrong(fc.dictionary(fc.constantFrom('x', 'user-agent', ...words), arbitraryOf(values), { maxKeys: 3 }));
      return wrong(fc.record(fieldsOf(keywords.properties ?? {}), { requiredKeys: [] }));
    case undefined:
      return anything;
  }
}

const fieldsOf = (fields: Readonly<Record<string, TSchema>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, arbitraryOf(field)]));

const expectSteady = (object: unknown): void => {
  const first = validate(object);
  expect(validate(object)).toEqual(first);
  const failed = first.problems.some((problem) => problem.severity === 'error');
  expect(first.value === undefined).toBe(failed);
  expect(first.problems.length).toBeLessThanOrEqual(101);
};

test('whatever it is given, validate returns, and returns the same again', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }), expectSteady),
    {
      numRuns: 300,
    },
  );
});

test.each(kinds)('$kind: neither does a spec of any shape throw', (kind) => {
  const envelope = { apiVersion: `${kind.group}/${kind.storage}`, kind: kind.kind, metadata: { name: 'x' } };
  const specs = fc.oneof(arbitraryOf(kind.spec), anything);
  fc.assert(
    fc.property(specs, (spec) => expectSteady({ ...envelope, spec })),
    { numRuns: 200 },
  );
});

test('keys that objects have by themselves are keys like others', () => {
  const object = JSON.parse(
    '{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"x","labels":{"__proto__":"a"}},' +
      '"spec":{"hosts":["a"],"__proto__":{"http":[]},"constructor":1,"http":[{"match":[{"headers":{"__proto__":{"exact":"a"}}}],"redirect":{"uri":"/"}}]}}',
  );
  const { value, problems } = validate(object);
  expect(problems.map(({ code, path }) => [code, path])).toEqual([
    ['OR1643', 'spec.__proto__'],
    ['OR1643', 'spec.constructor'],
  ]);
  const headers = value?.kind === 'VirtualService' ? value.spec.http?.[0]?.match?.[0]?.headers : undefined;
  expect(Object.keys(headers ?? {})).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(value?.spec)).toBe(Object.prototype);
});

test('long lists end soon, with a word that there is more', () => {
  const spec = { hosts: new Array(200_000).fill(1) };
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'x' }, spec };
  const { problems } = validate(object);
  expect([problems.length, problems.at(-1)?.code]).toEqual([100, 'OR1658']);
});

test('a check is never given a message without its needed fields, however many problems there are before', () => {
  const spec = { hosts: ['a'], http: new Array(98).fill({}), tcp: [{}, {}, {}], tls: [{ match: [{}] }, {}, {}] };
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'x' } };
  for (let count = 90; count <= 100; count++) {
    const http = new Array(count).fill({});
    expect(validate({ ...object, spec: { ...spec, http } }).problems.length).toBeLessThanOrEqual(100);
  }
});

const many = <T>(make: (index: number) => T, count = 60_000) =>
  Array.from({ length: count }, (_, index) => make(index));
const huge: readonly (readonly [string, object])[] = [
  ['hosts', { hosts: many((index) => `h${index}.a`) }],
  ['hosts with stars', { hosts: many((index) => `*.h${index}.a`) }],
  ['namespaces', { hosts: ['a'], exportTo: many((index) => `n${index}`) }],
  ['unknown fields', Object.fromEntries(many((index) => [`hosts${index}`, 1]))],
  ['conditions of retries', { http: [{ retries: { retryOn: many((index) => `x${index}`).join() } }] }],
  ['digits of a duration', { http: [{ timeout: '1'.repeat(1_000_000) }] }],
  ['letters of a regex', { http: [{ match: [{ uri: { regex: '(a*)*'.repeat(200_000) } }] }] }],
  [
    'server names',
    {
      hosts: many((index) => `h${index}.a`, 9000),
      tls: [{ match: [{ sniHosts: many((index) => `h${index}.b`, 9000) }] }],
    },
  ],
];

test.each(huge)('many %s end in time', { timeout: 10_000 }, (_, spec) => {
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'x' }, spec };
  expect(validate(object).problems.length).toBeLessThanOrEqual(100);
});
