import { expect, test } from 'vitest';
import type { PatchIR } from '../../ir/types/patch.ts';
import { withExtensionConfigs } from './extension-configs.ts';

const origin = { kind: 'EnvoyFilter', namespace: 'x', name: 'f' };
const patch = (target: PatchIR['target'], value: PatchIR['value'], more: Partial<PatchIR> = {}): PatchIR => ({
  ...{ target, operation: 'ADD', value, context: 'ANY', origin },
  ...more,
});
const any = (word: string) => ({ '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua', word });
const byAds = { config_source: { ads: {}, initial_fetch_timeout: '0s' }, type_urls: ['x'] };

test.each<[string, Record<string, unknown>]>([
  ['as in the .proto files', { name: 'a', config_discovery: byAds }],
  ['in words of JSON', { name: 'a', configDiscovery: { configSource: { ads: {} }, typeUrls: ['x'] } }],
])('a filter that asks gets the content in place: %s', (_, value) => {
  const content = patch('EXTENSION_CONFIG', { name: 'a', typedConfig: any('one') });
  const filter = patch('HTTP_FILTER', value);
  expect(withExtensionConfigs([filter, content])).toEqual({
    patches: [{ ...filter, value: { name: 'a', typed_config: any('one') } }],
    problems: [],
  });
});

test('the last of a name counts', () => {
  const contents = ['one', 'two'].map((word) => patch('EXTENSION_CONFIG', { name: 'a', typed_config: any(word) }));
  const [filter] = withExtensionConfigs([
    ...contents,
    patch('NETWORK_FILTER', { name: 'a', config_discovery: byAds }),
  ]).patches;
  expect(filter?.value['typed_config']).toEqual(any('two'));
});

test.each<[string, PatchIR[], string]>([
  ['no content', [patch('HTTP_FILTER', { name: 'a', config_discovery: byAds })], 'there is no EXTENSION_CONFIG a'],
  ['content that nobody asks for', [patch('EXTENSION_CONFIG', { name: 'a', typed_config: any('one') })], 'no filter'],
])('%s is left out and told', (_, patches, told) => {
  const { patches: left, problems } = withExtensionConfigs(patches);
  expect([left, problems.map(({ message }) => message)]).toEqual([[], [expect.stringContaining(told)]]);
});

test.each<[string, PatchIR]>([
  ['another source', patch('HTTP_FILTER', { name: 'a', config_discovery: { config_source: { path: '/x' } } })],
  ['no source', patch('HTTP_FILTER', { name: 'a', config_discovery: { config_source: '~' } })],
  ['of what is removed', patch('HTTP_FILTER', {}, { operation: 'REMOVE' })],
  ['what is no filter', patch('CLUSTER', { name: 'a' })],
])('left as it is: %s', (_, given) =>
  expect(withExtensionConfigs([given])).toEqual({ patches: [given], problems: [] }),
);
