import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { deliveries } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, gatewayPod, namespace } from './world.ts';

/** EnvoyFilters, as real proxies obey them. */
const envoy = findRequirements();

const ports = [{ port: 9080, name: 'http', speaks: 'http' }];
const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('server', { ports }),
  app('fresh', { ports }),
  gatewayPod('ingressgateway'),
].join('');

const filter = (...configPatches: object[]) => `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: row, namespace: default}
spec: ${JSON.stringify({ configPatches })}
---`;
const manager = 'envoy.filters.network.http_connection_manager';
const lua = (word: string) => ({
  name: `lua.${word}`,
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
    default_source_code: {
      inline_string: `function envoy_on_response(handle) handle:headers():add("x-${word}", "yes") end`,
    },
  },
});
const added = (word: string) => ({ response_headers_to_add: [{ header: { key: `x-${word}`, value: 'yes' } }] });

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, forwards: { 80: 0 }, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
  });
  const ask = async (host: string) =>
    (await mesh.load('default/client', { url: `http://${host}:9080/headers` })).samples[0];
  const within = (manifest: string, check: () => Promise<void>) => mesh.during('row.yaml', manifest, check);
  const inContext = (context: string) => ({
    context,
    listener: { filterChain: { filter: { name: manager, subFilter: { name: 'envoy.filters.http.router' } } } },
  });

  test('filters of both sides, and hosts: for a host that was never called, too', async () => {
    const vhost = { name: 'fresh.default.svc.cluster.local:9080' };
    const manifest = filter(
      {
        applyTo: 'HTTP_FILTER',
        match: inContext('SIDECAR_OUTBOUND'),
        patch: { operation: 'INSERT_BEFORE', value: lua('out') },
      },
      {
        applyTo: 'HTTP_FILTER',
        match: inContext('SIDECAR_INBOUND'),
        patch: { operation: 'INSERT_BEFORE', value: lua('in') },
      },
      {
        applyTo: 'VIRTUAL_HOST',
        match: { context: 'SIDECAR_OUTBOUND', routeConfiguration: { vhost } },
        patch: { operation: 'MERGE', value: added('host') },
      },
    );
    await within(manifest, async () => {
      // A listener goes on until the next one is warm.
      const other = await until('filters of both sides are in force', async () => {
        const sample = await ask('server');
        return sample?.headers['x-out'] === 'yes' && sample.headers['x-in'] === 'yes' ? sample : undefined;
      });
      expect(other.headers['x-host']).toBeUndefined();
      expect(await ask('fresh')).toMatchObject({
        status: 200,
        headers: { 'x-out': 'yes', 'x-in': 'yes', 'x-host': 'yes' },
      });
    });
  });

  test('a gateway: its filters, hosts and clusters, and none of them once the patches are gone', async () => {
    const routes = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ingress, namespace: default}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ingress, namespace: default}
spec: {hosts: [app.example.com], gateways: [ingress], http: [{route: [{destination: {host: server, port: {number: 9080}}}]}]}
---`;
    const port = mesh.playground.forwards.get(80) ?? 0;
    const answer = async () => {
      const headers = { host: 'app.example.com' };
      const response = await request(`http://127.0.0.1:${port}/headers`, { headers }).catch(() => undefined);
      await response?.body.dump();
      return response?.statusCode === 200 ? response.headers : undefined;
    };
    const host = { routeConfiguration: { vhost: { domainName: 'app.example.com' } } };
    const patches = filter(
      {
        applyTo: 'HTTP_FILTER',
        match: inContext('GATEWAY'),
        patch: { operation: 'INSERT_BEFORE', value: lua('edge') },
      },
      {
        applyTo: 'VIRTUAL_HOST',
        match: { context: 'GATEWAY', ...host },
        patch: { operation: 'MERGE', value: added('host') },
      },
    );
    await within(routes + patches, async () => {
      await until('both patches are in force', async () => {
        const headers = await answer();
        return headers?.['x-edge'] === 'yes' && headers['x-host'] === 'yes' ? true : undefined;
      });
      expect((await ask('server'))?.headers['x-edge']).toBeUndefined();
      await mesh.apply('row.yaml', routes);
      await until('neither is', async () => {
        const headers = await answer();
        return headers !== undefined && headers['x-edge'] === undefined && headers['x-host'] === undefined
          ? true
          : undefined;
      });
    });
  });

  test('a patch that is no configuration, or fits nothing, harms nobody', async () => {
    const patches = [
      {
        applyTo: 'HTTP_FILTER',
        match: inContext('SIDECAR_OUTBOUND'),
        patch: { operation: 'INSERT_BEFORE', value: { nonsense: 1 } },
      },
      {
        applyTo: 'CLUSTER',
        match: { context: 'SIDECAR_OUTBOUND' },
        patch: { operation: 'MERGE', value: { connect_timeout: 'soon' } },
      },
      { applyTo: 'LISTENER', match: { listener: { name: 'nobody' } }, patch: { operation: 'REMOVE' } },
      {
        applyTo: 'HTTP_FILTER',
        match: inContext('SIDECAR_OUTBOUND'),
        patch: { operation: 'INSERT_BEFORE', value: lua('good') },
      },
    ];
    await within(filter(...patches), async () => {
      await until('the patch between them is in force', async () =>
        (await ask('server'))?.headers['x-good'] === 'yes' ? true : undefined,
      );
      expect((await ask('server'))?.status).toBe(200);
    });
  });

  test('filters by class, and one that has its configuration by name: AUTHN before what is denied, AUTHZ behind it', async () => {
    const denied = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: row, namespace: default}
spec: {action: DENY, selector: {matchLabels: {app: server}}, rules: [{to: [{operation: {paths: ["/denied*"]}}]}]}
---`;
    // A local reply passes all filters on its way back: what comes to a filter is seen on the way there.
    const answering = (name: string, path: string, answer: number) => ({
      name,
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
        default_source_code: {
          inline_string: `function envoy_on_request(handle)
            if handle:headers():get(":path"):find("${path}") then handle:respond({ [":status"] = "${answer}" }, "") end
          end`,
        },
      },
    });
    const [early, late, named] = [
      answering('early', '-early', 418),
      answering('late', '-late', 419),
      answering('named', '-named', 420),
    ];
    const discovery = {
      config_source: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
      type_urls: [named.typed_config['@type']],
    };
    const inbound = { match: { context: 'SIDECAR_INBOUND' }, applyTo: 'HTTP_FILTER' };
    const manifest = filter(
      { ...inbound, patch: { operation: 'ADD', filterClass: 'AUTHN', value: early } },
      { ...inbound, patch: { operation: 'ADD', filterClass: 'AUTHZ', value: late } },
      { ...inbound, patch: { operation: 'ADD', value: { name: 'named', config_discovery: discovery } } },
      { applyTo: 'EXTENSION_CONFIG', patch: { operation: 'ADD', value: named } },
    );
    const paths = ['/open-early', '/open-late', '/open-named', '/denied-early', '/denied-late', '/denied-named'];
    const answers = async () => {
      const all = paths.map((path) => mesh.load('default/client', { url: `http://server:9080${path}` }));
      return (await Promise.all(all)).map(({ samples }) => samples[0]?.status).join(' ');
    };
    await within(denied + manifest, async () => {
      await until('each stands in its place', async () =>
        (await answers()) === '418 419 420 418 403 403' ? true : undefined,
      );
    });
  });

  const limited = (spec: object) => ({
    '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
    type_url: 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
    value: { stat_prefix: 'http_local_rate_limiter', ...spec },
  });
  const always = (key: string) => ({ runtime_key: key, default_value: { numerator: 100, denominator: 'HUNDRED' } });
  const five = {
    token_bucket: { max_tokens: 5, tokens_per_fill: 5, fill_interval: '3600s' },
    filter_enabled: always('local_rate_limit_enabled'),
    filter_enforced: always('local_rate_limit_enforced'),
    enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    response_headers_to_add: [{ append: false, header: { key: 'x-local-rate-limit', value: 'true' } }],
  };
  const limiter = (spec: object) => ({
    applyTo: 'HTTP_FILTER',
    match: { context: 'SIDECAR_INBOUND', listener: { filterChain: { filter: { name: manager } } } },
    patch: {
      operation: 'INSERT_BEFORE',
      value: { name: 'envoy.filters.http.local_ratelimit', typed_config: limited(spec) },
    },
  });
  test("Istio's way to limit rates: a filter of the whole listener, and the same by route", async () => {
    const route = {
      applyTo: 'HTTP_ROUTE',
      match: {
        context: 'SIDECAR_INBOUND',
        routeConfiguration: { vhost: { name: 'inbound|http|9080', route: { action: 'ANY' } } },
      },
      patch: {
        operation: 'MERGE',
        value: { typed_per_filter_config: { 'envoy.filters.http.local_ratelimit': limited(five) } },
      },
    };
    for (const patches of [[limiter(five)], [limiter({}), route]]) {
      await within(filter(...patches), async () => {
        // A listener goes on until the next one is warm: what the filter has not seen says nothing of a limit.
        let counted = 0;
        const refused = await until('a request is refused', async () => {
          const sample = await ask('server');
          if (sample?.status === 200 && sample.headers['x-ratelimit-limit'] === '5') counted += 1;
          return sample?.status === 429 ? sample : undefined;
        });
        expect([counted, refused.headers['x-local-rate-limit']]).toEqual([5, 'true']);
      });
      await until('it is gone', async () => ((await ask('server'))?.status === 200 ? true : undefined));
    }
  });
});
