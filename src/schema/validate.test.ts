import { expect, expectTypeOf, test } from 'vitest';
import { catalogue } from '../errors.ts';
import { kindOf, kinds, type VirtualService } from './kinds.ts';
import { printPath, printValue } from './problem.ts';
import { validate } from './validate.ts';

const summary = (object: unknown) => validate(object).problems.map(({ code, path, message }) => [code, path, message]);
const base = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'x' } };
const spec = { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] };

test('what is no resource is told so', () => {
  expect(summary(null)).toEqual([['OR1641', '', 'null must be a map']]);
  expect(summary([])).toEqual([['OR1641', '', 'a list must be a map']]);
  expect(summary({}).map(([code, path]) => [code, path])).toEqual([
    ['OR1642', 'apiVersion'],
    ['OR1642', 'kind'],
    ['OR1642', 'metadata'],
  ]);
});

test('a kind or version that is not known names what is', () => {
  expect(summary({ ...base, kind: 'VirtualServise' })).toEqual([
    ['OR1640', 'kind', 'the kind "VirtualServise" is not known; did you mean VirtualService?'],
  ]);
  expect(summary({ ...base, apiVersion: 'networking.istio.io/v2' })[0]?.[2]).toBe(
    '"networking.istio.io/v2" has no VirtualService; it is in networking.istio.io/v1, networking.istio.io/v1beta1, networking.istio.io/v1alpha3',
  );
});

test.each(kinds)('$kind is found in each of its versions', (kind) => {
  for (const version of kind.versions) expect(kindOf(`${kind.group}/${version}`, kind.kind)).toBe(kind);
  expect(kindOf(`${kind.group}/v9`, kind.kind)).toBeUndefined();
  expect(kindOf(`${kind.group}/v1/x`, kind.kind)).toBeUndefined();
  expect(kind.versions).toContain(kind.storage);
});

test('the value is a copy without nulls and unknown fields, and has the type of its kind', () => {
  const given = { ...base, spec: { ...spec, tcp: null, extra: 1 }, status: { a: 1 } };
  const { value, problems } = validate(given);
  expect(problems.map(({ severity, path }) => [severity, path])).toEqual([['warning', 'spec.extra']]);
  expect(value).toEqual({ ...base, spec, status: { a: 1 } });
  if (value?.kind === 'VirtualService') {
    expectTypeOf(value).toEqualTypeOf<VirtualService>();
    expectTypeOf(value.spec.http?.[0]?.route?.[0]?.destination.host).toEqualTypeOf<string | undefined>();
    expectTypeOf(value.spec.http?.[0]?.route?.[0]?.weight).toEqualTypeOf<number | undefined>();
  }
});

test('metadata is checked, and its other fields are left out without a word', () => {
  const metadata = { name: 'x', labels: { a: 1 }, managedFields: [] };
  expect(summary({ ...base, spec, metadata }).map(([code, path]) => [code, path])).toEqual([
    ['OR1641', 'metadata.labels.a'],
  ]);
});

test('messages say what would be right', () => {
  const http = [
    { route: [{ destination: { host: 'a' }, weight: '9' }], timeout: 5, retries: { attempts: 1, retryOn: '5x' } },
  ];
  expect(summary({ ...base, spec: { hosts: ['a'], http } })).toEqual([
    ['OR1641', 'spec.http[0].route[0].weight', '"9" must be a whole number'],
    ['OR1641', 'spec.http[0].timeout', '5 must be a text (put it in quotes)'],
    [
      'OR1644',
      'spec.http[0].retries.retryOn',
      '"5x" must be a condition of retries or an HTTP status; did you mean 5xx?',
    ],
  ]);
});

test('every problem carries what was found', () => {
  const http = [{ route: [{ destination: { host: 'a' }, weight: -7 }] }];
  expect(validate({ ...base, spec: { hosts: ['a'], http } }).problems).toEqual([
    {
      ...{ severity: 'error', code: 'OR1646', path: 'spec.http[0].route[0].weight', value: -7 },
      message: '-7 must be at least 0 and at most 2147483647',
    },
  ]);
  expect(catalogue.OR1646.remedy).not.toBe('');
});

test('paths and values are printed safely', () => {
  expect(printPath(['spec', 'a b', 0, 'c'])).toBe('spec["a b"][0].c');
  expect(printValue('x'.repeat(200)).length).toBeLessThan(90);
  expect([printValue({}), printValue([]), printValue(undefined), printValue(10n)]).toEqual([
    ...['a map', 'a list', 'undefined', 'a bigint'],
  ]);
});
