import type { TSchema } from 'typebox';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kinds } from '../schema/kinds.ts';
import { validate } from '../schema/validate.ts';
import { keywordsOf, valuesOf } from '../schema/walk.ts';
import { fieldEffects, unimplementedIn } from './unimplemented.ts';

/** Every field that has a value of its own, as a path of the schema. */
function leavesOf(schema: TSchema, path: string): string[] {
  const { properties, items, ...keywords } = keywordsOf(schema);
  if (properties !== undefined) {
    const place = path === '' ? '' : `${path}.`;
    return Object.entries(properties).flatMap(([name, field]) => leavesOf(field, `${place}${name}`));
  }
  const values = valuesOf(keywords);
  if (items !== undefined && keywordsOf(items).properties !== undefined) return leavesOf(items, `${path}[]`);
  if (values !== undefined && keywordsOf(values).properties !== undefined) return leavesOf(values, `${path}{}`);
  return [path];
}

const isWithin = (leaf: string, place: string) =>
  leaf === place || [`${place}.`, `${place}[`, `${place}{`].some((start) => leaf.startsWith(start));

describe.each(kinds.map((definition) => [definition.kind, definition] as const))('%s', (kind, definition) => {
  const leaves = leavesOf(definition.spec, '');
  const { implemented, notYet, ignored, values } = fieldEffects[kind];

  test('every field of the schema is on exactly one list', () => {
    const listsOf = (leaf: string) => [
      ...implemented.filter((path) => path === leaf),
      ...Object.keys(notYet).filter((path) => isWithin(leaf, path)),
      ...ignored.filter((path) => path === leaf),
    ];
    const wrong = leaves.map((leaf) => ({ leaf, lists: listsOf(leaf) })).filter(({ lists }) => lists.length !== 1);
    expect(wrong).toEqual([]);
  });

  test('every path of the lists is of the schema', () => {
    const known = (path: string) => leaves.some((leaf) => isWithin(leaf, path));
    const listed = [...Object.keys(notYet), ...values.map(({ path }) => path)];
    expect(listed.filter((path) => !known(path))).toEqual([]);
    expect([...implemented, ...ignored].filter((path) => !leaves.includes(path))).toEqual([]);
  });
});

function warnings(yaml: string): string[] {
  const { value, problems } = validate(parse(yaml));
  if (value === undefined) throw new Error(JSON.stringify(problems));
  return unimplementedIn(value).map(({ code, path, message }) => `${code} ${path}: ${message}`);
}

const head = (kind: string, group = 'networking') =>
  `apiVersion: ${group}.istio.io/v1\nkind: ${kind}\nmetadata: {name: x}\nspec: `;

test.each<[string, string[]]>([
  [
    `${head('VirtualService')}{hosts: [a.b], gateways: [g], http: [{match: [{headers: {"@request.auth.claims.x": {exact: z}}}], route: [{destination: {host: c}}]}]}`,
    [],
  ],
  [
    `${head('DestinationRule')}{host: a, trafficPolicy: {portLevelSettings: [{port: {number: 1}, tls: {mode: MUTUAL, credentialName: c}}]}}`,
    [
      'OR2404 spec.trafficPolicy.portLevelSettings[0].tls.credentialName: it holds in gateways alone, as the rule has no workloadSelector: sidecars use the authorities of the system, and show no certificate',
    ],
  ],
  [
    `${head('DestinationRule')}{host: a, workloadSelector: {matchLabels: {a: b}}, trafficPolicy: {tls: {mode: MUTUAL, credentialName: c}}}`,
    [],
  ],
  [
    `${head('AuthorizationPolicy', 'security')}{action: CUSTOM, provider: {name: p}, rules: [{when: [{key: "experimental.envoy.filters.a", values: [c]}, {key: "experimental.envoy.filters.a[b]", values: [c]}]}]}`,
    [
      'OR2404 spec.rules[0].when[0].key: it names no key, like experimental.envoy.filters.a[key]: a rule of ALLOW never fits, one of DENY fits without this condition',
    ],
  ],
  [
    `${head('Telemetry', 'telemetry')}{metrics: [{overrides: [{match: {customMetric: istio_requests_total}}, {match: {customMetric: mine}}]}]}`,
    [
      'OR2404 spec.metrics[0].overrides[1].match.customMetric: proxies count no metric of that name: the override changes nothing',
    ],
  ],
  [`${head('PeerAuthentication', 'security')}{mtls: {mode: STRICT}}`, []],
  [`${head('Sidecar')}{egress: [{hosts: ["*/*"]}]}`, []],
])('what has no effect yet is told where it stands: %s', (yaml, expected) => {
  expect(warnings(yaml)).toEqual(expected);
});

test('what is no kind of ours has nothing to tell', () => {
  expect(unimplementedIn({ kind: 'toString', spec: {} })).toEqual([]);
});
