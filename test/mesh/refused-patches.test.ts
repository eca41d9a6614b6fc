import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { onDemandAndEager } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

/**
 * Patches that the rules of Envoy's API let by and its code does not: proxies have all else, those that start now as well, and
 * the patches beside them are in force.
 */
const envoy = findRequirements();

const ports = [{ port: 9080, name: 'http', speaks: 'http' }];
const world = [namespace('default', 'meshed'), app('client'), app('server', { ports })].join('');

const filter = (name: string, ...configPatches: object[]) => `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: ${name}, namespace: default}
spec: ${JSON.stringify({ configPatches })}
---`;
const httpFilter = (value: object, context = 'SIDECAR_INBOUND') => ({
  applyTo: 'HTTP_FILTER',
  match: { context, listener: { filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager' } } } },
  patch: { operation: 'INSERT_BEFORE', value },
});
const lua = (name: string, inline_string: string) => ({
  name: `lua.${name}`,
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
    default_source_code: { inline_string },
  },
});
const header = (name: string) =>
  lua(name, `function envoy_on_response(handle) handle:headers():add("x-${name}", "yes") end`);
const unknownType = {
  name: 'nobody.knows.it',
  typed_config: {
    '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
    type_url: 'type.googleapis.com/example.Unknown',
    value: {},
  },
};

describe.skipIf(envoy === undefined).each(Object.entries(onDemandAndEager))('%s', (_, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
  });
  const ask = async (host: string) =>
    (await mesh.load('default/client', { url: `http://${host}:9080/headers` })).samples[0];
  const inForce = (host: string, name: string) =>
    until(`${name} is in force at ${host}`, async () => {
      const sample = await ask(host);
      return sample?.status === 200 && sample.headers[`x-${name}`] === 'yes' ? sample : undefined;
    });
  /** In the words of `outrigger proxy-status`. */
  const rejectedBy = (app: string) => {
    const { proxies = [] } = mesh.control().composition.mesh?.proxyReport() ?? {};
    return proxies
      .filter(({ proxy }) => proxy.startsWith(`default/${app}-`))
      .flatMap(({ rejections }) => rejections.map(({ reason }) => reason.replaceAll(/ \(\/[^)]*\)/g, '')));
  };

  test('a script that does not parse and a filter that Envoy lacks: the filters beside them, at a proxy that starts, too', async () => {
    const patches = [
      filter('one', httpFilter(header('one'))),
      filter('bad', httpFilter(lua('bad', 'function envoy_on_response(')), httpFilter(unknownType)),
      filter('two', httpFilter(header('two'))),
    ];
    await mesh.apply('row.yaml', patches.join(''));
    try {
      await inForce('server', 'two');
      await mesh.apply('late.yaml', app('late', { ports }));
      const late = await inForce('late', 'two');
      expect(late.headers['x-one']).toBe('yes');
      for (const pod of ['server', 'late']) {
        const [first, second] = [0, 1].map((index) => `EnvoyFilter default/bad spec.configPatches[${index}]`);
        expect(rejectedBy(pod)).toEqual([expect.stringMatching(/(script load error|Didn't find a registered)/)]);
        expect(rejectedBy(pod)[0]).toContain(` (in force without ${first}, ${second})`);
      }
      await mesh.apply('row.yaml', [patches[0], filter('bad', httpFilter(header('mended')))].join(''));
      await inForce('server', 'mended');
      expect(rejectedBy('server')).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('a listener and a cluster of their own that Envoy refuses harm nobody, not even a proxy that starts', async () => {
    const endpoint = (port_value: number) => ({
      endpoint: { address: { socket_address: { address: '127.0.0.1', port_value } } },
    });
    const two = { lb_endpoints: [endpoint(1), endpoint(2)] };
    const added = (applyTo: string, value: object) => ({ applyTo, patch: { operation: 'ADD', value } });
    const manifest = filter(
      'added',
      added('LISTENER', { name: 'nowhere', filter_chains: [] }),
      added('CLUSTER', {
        name: 'two',
        type: 'LOGICAL_DNS',
        load_assignment: { cluster_name: 'two', endpoints: [two] },
      }),
      httpFilter(header('beside')),
    );
    await mesh.apply('row.yaml', manifest);
    try {
      await mesh.apply('next.yaml', app('next', { ports }));
      await inForce('next', 'beside');
      await inForce('server', 'beside');
      const reasons = ['address is necessary', 'LOGICAL_DNS clusters must have'];
      for (const reason of reasons) expect(rejectedBy('next').join('\n')).toContain(reason);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('a host whose patch Envoy refuses answers without it', async () => {
    const patch = (vhost: string, value: object) => ({
      applyTo: 'VIRTUAL_HOST',
      match: { context: 'SIDECAR_OUTBOUND', routeConfiguration: { vhost: { name: vhost } } },
      patch: { operation: 'MERGE', value },
    });
    const name = 'fresh.default.svc.cluster.local:9080';
    const added = { response_headers_to_add: [{ header: { key: 'x-host', value: 'yes' } }] };
    await mesh.apply('fresh.yaml', app('fresh', { ports }));
    await mesh.apply(
      'row.yaml',
      filter('bad', patch(name, { request_headers_to_remove: [':path'] })) + filter('good', patch(name, added)),
    );
    try {
      await inForce('fresh', 'host');
      expect(rejectedBy('client')).toEqual([
        ':-prefixed or host headers may not be removed (in force without EnvoyFilter default/bad spec.configPatches[0])',
      ]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });
});
