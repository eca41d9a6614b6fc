import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

const problemsOf = (spec: string, version = 'v1') =>
  validate({
    ...{ apiVersion: `telemetry.istio.io/${version}`, kind: 'Telemetry', metadata: { name: 't', namespace: 'x' } },
    spec: parse(spec),
  }).problems.map(({ severity, path }) => `${severity} ${path}`);

const kept = (expression: string) =>
  validate({
    ...{ apiVersion: 'telemetry.istio.io/v1', kind: 'Telemetry', metadata: { name: 't', namespace: 'x' } },
    spec: { metrics: [{ overrides: [{ tagOverrides: { a: { value: expression } } }] }] },
  }).problems.map(({ istioTakesIt, message }) => [istioTakesIt, message.replace(/^.*of CEL: /, '')]);

// Istio lets all of these into the cluster; a listener with one of them is refused by Envoy.
test.each([
  ['request.host', undefined],
  ['nofunc(1)', 'Envoy has no function nofunc'],
  ['size(1, 2)', 'Envoy has size only with size(_) or _.size()'],
  ['"a".matches("[")', 'its regular expression is none of RE2: missing closing ]: `[`'],
  ['[1].map(a, a)', 'Envoy has no all, exists, exists_one, map and filter'],
  ['Foo{a: 1}', 'Envoy makes no Foo'],
  ['size(a)%2', 'write a space between ) and %'],
  ['a b', 'at 1:3: found b'],
])('an expression of a tag that only Istio takes is kept from proxies: %s', (expression, why) => {
  expect(kept(expression)).toEqual(why === undefined ? [] : [[true, why]]);
});

test.each<[string, string[]]>([
  ['{}', []],
  ['{accessLogging: [{filter: {expression: "response.code >= 400 && request.headers[\'a(\'] == \\"x\\""}}]}', []],
  [
    '{accessLogging: [{filter: {expression: "has(request.headers"}}]}',
    ['error spec.accessLogging[0].filter.expression'],
  ],
  ['{accessLogging: [{filter: {expression: "a == \'b"}}]}', ['error spec.accessLogging[0].filter.expression']],
  ['{accessLogging: [{filter: {expression: "size(a)%2 == 0"}}]}', ['error spec.accessLogging[0].filter.expression']],
  ['{accessLogging: [{providers: [{name: ""}]}]}', ['error spec.accessLogging[0].providers[0].name']],
  [
    '{metrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT}}}]}]}',
    ['error spec.metrics[0].overrides[0].tagOverrides.a.value'],
  ],
  [
    '{metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE, value: b}}}]}]}',
    ['warning spec.metrics[0].overrides[0].tagOverrides.a.value'],
  ],
  [
    '{metrics: [{overrides: [{match: {metric: REQUEST_COUNT, customMetric: a}}]}]}',
    ['error spec.metrics[0].overrides[0].match'],
  ],
  ['{tracing: [{randomSamplingPercentage: 101}]}', ['error spec.tracing[0].randomSamplingPercentage']],
  ['{tracing: [{customTags: {a: {}}}]}', ['error spec.tracing[0].customTags.a']],
  ['{selector: {matchLabels: {a: b}}, targetRef: {kind: Gateway, name: g}}', ['error spec']],
])('%s', (spec, expected) => {
  expect(problemsOf(spec)).toEqual(expected);
  expect(problemsOf(spec, 'v1alpha1')).toEqual(expected);
});
