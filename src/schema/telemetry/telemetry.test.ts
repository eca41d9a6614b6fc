import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

const problemsOf = (spec: string, version = 'v1') =>
  validate({
    ...{ apiVersion: `telemetry.istio.io/${version}`, kind: 'Telemetry', metadata: { name: 't', namespace: 'x' } },
    spec: parse(spec),
  }).problems.map(({ severity, path }) => `${severity} ${path}`);

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
