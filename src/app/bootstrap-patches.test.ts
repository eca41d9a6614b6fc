import { expect, test } from 'vitest';
import { namespace, podOf, settings, texts } from '../../test/injector-fixture.ts';
import { buildInjector } from '../inject/build-injector.ts';
import { findProxy } from '../inject/patch/finish.ts';
import type { JsonObject } from '../model/json.ts';
import { bootstrapPatcher } from './bootstrap-patches.ts';

const injector = buildInjector(settings, texts, bootstrapPatcher(['istio-system']));

/** The bootstrap of a pod with patches of these values, JSON texts as whoever writes them sends them. */
function injected(...values: readonly string[]) {
  const configPatches = values.map((value) =>
    JSON.parse(`{"applyTo": "BOOTSTRAP", "patch": {"operation": "MERGE", "value": ${value}}}`),
  );
  const metadata = { name: 'f', namespace: namespace.name };
  const about = { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter' };
  const object: JsonObject = { ...about, metadata, spec: { configPatches } };
  const bootstrapFilters = [{ namespace: namespace.name, object }];
  const { pod, warnings } = injector.inject({ pod: podOf(), namespace, nodes: [], bootstrapFilters });
  const args = findProxy(pod)?.args ?? [];
  return { bootstrap: JSON.parse(args[args.indexOf('--config-yaml') + 1] ?? ''), warnings };
}

const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test.each(['dynamic_resources', 'static_resources', 'admin', 'node'])('null removes nothing: %s', (field) => {
  expect(injected(`{"${field}": null}`).bootstrap).toEqual(injected().bootstrap);
});

test('null within a message removes nothing, and within metadata it is a value', () => {
  const { bootstrap } = injected('{"static_resources": {"clusters": null}, "node": {"metadata": {"MINE": null}}}');
  const plain = injected().bootstrap;
  expect(bootstrap.static_resources).toEqual(plain.static_resources);
  expect(bootstrap.node.metadata).toEqual({ ...plain.node.metadata, MINE: null });
});

test.each([
  [
    'an extension without configuration',
    '{"stats_sinks": [{"name": "x", "typed_config": null}]}',
    /has no typed_config/,
  ],
  ['deeper than Envoy reads', `{"node": {"metadata": ${deep(300)}}}`, /deeper than/],
  ['deeper than anybody reads', `{"node": {"metadata": ${deep(9_000)}}}`, /deeper than/],
  ['a prototype', '{"__proto__": {"admin": {}}}', /has no field "__proto__"/],
  ['a list for an object', '{"static_resources": []}', /an object/],
  ['longer than an argument', `{"flags_path": "${'x'.repeat(200_000)}"}`, /more than 131071 bytes/],
])('what no proxy could read stops no pod: %s', (_, value, reason) => {
  const { bootstrap, warnings } = injected(value);
  expect(warnings.join('\n')).toMatch(reason);
  expect(bootstrap).toEqual(injected().bootstrap);
});

test('what users write is no variable of the kubelet, in keys and values', () => {
  const { bootstrap } = injected('{"node": {"metadata": {"$(A)": "$(B) $$(C)"}}}');
  expect(bootstrap.node.metadata).toMatchObject({ '$$(A)': '$$(B) $$$$(C)' });
});
