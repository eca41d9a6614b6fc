import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { patchDoubts } from './patch-doubts.ts';

const doubtsOf = (patch: string) =>
  patchDoubts(
    {
      ...{ apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter', metadata: { name: 'f' } },
      spec: { configPatches: [parse(patch)] },
    },
    'shop',
  );
const filter = (typed: string) =>
  `{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {name: f, typed_config: ${typed}}}}`;
const cluster = (operation: string, value: string) =>
  `{applyTo: CLUSTER, patch: {operation: ${operation}, value: ${value}}}`;
const type = 'type.googleapis.com/envoy.extensions.filters.http';

test.each([
  ['beyond a limit', cluster('MERGE', '{connect_timeout: 0s}'), 'connect_timeout has to be more than 0s'],
  ['a field that is none', cluster('MERGE', '{conect_timeout: 1s}'), 'has no field "conect_timeout"'],
  ['another type', cluster('MERGE', '{connect_timeout: true}'), 'connect_timeout'],
  ['a cluster without a name', cluster('ADD', '{type: STATIC}'), 'name has to'],
  ['beyond a limit of a filter', filter(`{'@type': ${type}.local_ratelimit.v3.LocalRateLimit}`), 'stat_prefix has to'],
  [
    'a filter without configuration',
    '{applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: f}}}',
    'no typed_config',
  ],
])('%s is told when it is written', (_, patch, text) => {
  expect(doubtsOf(patch)).toEqual([expect.stringMatching(/^OR2456 spec\.configPatches\[0\]: the patch is left out: /)]);
  expect(doubtsOf(patch)[0]).toContain(text);
});

const unknown = 'stock Envoy has no extension envoy.extensions.filters.http.nothing.v3.Nothing: ';

test.each([
  ['a filter', filter(`{'@type': ${type}.nothing.v3.Nothing}`)],
  [
    'as TypedStruct',
    filter(`{'@type': type.googleapis.com/xds.type.v3.TypedStruct, type_url: ${type}.nothing.v3.Nothing}`),
  ],
  [
    'where filters are',
    `{applyTo: NETWORK_FILTER, patch: {operation: MERGE, value: {typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, http_filters: [{name: f, typed_config: {'@type': ${type}.nothing.v3.Nothing}}]}}}}`,
  ],
])('an extension that Envoy lacks is told when it is written: %s', (_, patch) => {
  expect(doubtsOf(patch)).toEqual([expect.stringContaining(`OR2456 spec.configPatches[0]: ${unknown}`)]);
});

test.each([
  [
    'an optional filter is skipped by Envoy',
    `{applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: f, is_optional: true, typed_config: {'@type': ${type}.nothing.v3.Nothing}}}}`,
  ],
  [
    'a filter of Envoy as TypedStruct',
    filter(`{'@type': type.googleapis.com/udpa.type.v1.TypedStruct, type_url: ${type}.lua.v3.Lua}`),
  ],
  [
    'a transport socket of Envoy',
    cluster(
      'MERGE',
      "{transport_socket: {name: raw, typed_config: {'@type': type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}}",
    ),
  ],
  ['what is merged need not be whole', cluster('MERGE', '{connectTimeout: 5s}')],
  ['what is removed has no value', cluster('REMOVE', '{connect_timeout: 0s}')],
  ['a filter as Envoy has it', filter(`{'@type': ${type}.local_ratelimit.v3.LocalRateLimit, stat_prefix: a}`)],
])('%s', (_, patch) => expect(doubtsOf(patch)).toEqual([]));
