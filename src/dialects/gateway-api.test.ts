import { describe, expect, test } from 'vitest';
import { objectsOf } from '../../test/mesh-fixture.ts';
import type { JsonObject } from '../model/json.ts';
import { objectsAt } from '../model/json-fields.ts';
import { printOrigin } from '../model/origin.ts';
import { Registry } from '../registry/registry.ts';
import { objectKey } from '../source/object-source.ts';
import { translateDialects } from './translate.ts';
import { World } from './world.ts';

const service = (name: string, namespace = 'default') => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {clusterIP: 10.0.0.1, selector: {app: ${name}}, ports: [{name: http, port: 80}, {name: http-other, port: 81}]}
---`;
const world = [service('a'), service('b'), service('far', 'shop'), service('gate', 'edge')].join('');

function gateway(spec: object): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec: ${JSON.stringify({ gatewayClassName: 'outrigger', ...spec })}
---`;
}
const plain = { name: 'http', port: 80, protocol: 'HTTP' };

function route(
  spec: object,
  { name = 'r', kind = 'HTTPRoute', namespace = 'default', made = '2026-01-01T00:00:00Z' } = {},
): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "${made}"}
spec: ${JSON.stringify({ parentRefs: [{ name: 'gw' }], ...spec })}
---`;
}
const to = (name: string, others: object = {}) => ({ backendRefs: [{ name, port: 80, ...others }] });
const onService = { parentRefs: [{ group: '', kind: 'Service', name: 'a' }] };

function translated(...yamls: readonly string[]) {
  const objects = objectsOf([world, ...yamls].join('\n'));
  const {
    objects: made,
    problems,
    statuses,
  } = translateDialects(new World('cluster.local', new Map(objects.map((object) => [objectKey(object), object]))));
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  registry.apply({ upserts: objects, removals: [] });
  // What is made is right by Istio's schema, whatever came in.
  expect(registry.problems().filter(({ code }) => !code.startsWith('OR257'))).toEqual([]);
  const specsOf = (kind: string) =>
    made.filter((object) => object.kind === kind).map(({ object }) => object['spec'] as JsonObject);
  const routed = specsOf('VirtualService');
  return {
    gateways: specsOf('Gateway'),
    routed,
    http: routed.flatMap((spec) => (spec['http'] ?? []) as JsonObject[]),
    told: problems.map(({ code, origin, message }) => `${code} ${printOrigin(origin)}: ${message}`),
    status: Object.fromEntries(statuses.map(({ source, status }) => [`${source.kind}/${source.name}`, status])),
    registry,
  };
}

const hostA = 'a.default.svc.cluster.local';

describe('routes of a Service', () => {
  test('are for all sidecars, where they are of its namespace', () => {
    const { routed, told } = translated(route({ ...onService, rules: [to('b')] }));
    expect(told).toEqual([]);
    expect(routed).toMatchObject([{ hosts: [hostA], gateways: ['mesh'], exportTo: ['*'] }]);
    const elsewhere = {
      parentRefs: [{ group: '', kind: 'Service', name: 'a', namespace: 'default', port: 80 }],
      rules: [to('far')],
    };
    const other = translated(route(elsewhere, { namespace: 'shop' }));
    expect(other.routed).toMatchObject([{ exportTo: ['.'], http: [{ match: [{ port: 80 }] }] }]);
  });

  test('are tried in the order of the specification, across routes', () => {
    const path = (type: string, value: string, others: object = {}) => ({
      matches: [{ path: { type, value }, ...others }],
      ...to('b'),
    });
    const headers = (...names: string[]) => ({ headers: names.map((name) => ({ name, value: 'v' })) });
    const first = [
      path('PathPrefix', '/'),
      path('PathPrefix', '/a', { queryParams: [{ name: 'q', value: '1' }] }),
      path('PathPrefix', '/a', headers('X-One')),
      path('RegularExpression', '/a.*'),
    ];
    const second = [
      path('PathPrefix', '/a', headers('x-one', 'x-two')),
      path('PathPrefix', '/a', { method: 'GET' }),
      path('Exact', '/x'),
      path('PathPrefix', '/'),
    ];
    const { http, told } = translated(
      route({ ...onService, rules: first }),
      route({ ...onService, rules: second }, { name: 'younger', made: '2026-02-01T00:00:00Z' }),
    );
    expect(told).toEqual([
      expect.stringMatching(
        /^OR2571 HTTPRoute default\/younger spec\.rules\[3\] .* never used: HTTPRoute default\/r spec\.rules\[0\]/,
      ),
    ]);
    const seen = http.map(({ name, match }) => {
      const [{ uri, method, headers: given, queryParams } = {} as JsonObject] = (match ?? []) as JsonObject[];
      return [
        name,
        Object.values((uri ?? {}) as JsonObject)[0] ?? '',
        method === undefined ? '' : 'GET',
        Object.keys(given ?? {}).length,
        Object.keys(queryParams ?? {}).length,
      ].join(' ');
    });
    expect(seen).toEqual([
      'default.younger.2 /x  0 0',
      'default.r.3 /a.*  0 0',
      'default.younger.1 /a GET 0 0',
      'default.younger.1 /a/ GET 0 0',
      'default.younger.0 /a  2 0',
      'default.younger.0 /a/  2 0',
      'default.r.2 /a  1 0',
      'default.r.2 /a/  1 0',
      'default.r.1 /a  0 1',
      'default.r.1 /a/  0 1',
      'default.r.0   0 0',
    ]);
  });

  test('name their rules as origins', () => {
    const { registry } = translated(route({ ...onService, rules: [to('b')] }));
    expect(registry.snapshot.virtualServices[0]?.ruleOrigins?.map(printOrigin)).toEqual([
      expect.stringMatching(/^HTTPRoute default\/r spec\.rules\[0\]/),
    ]);
  });

  test('hide a ServiceProfile', () => {
    const profile = `
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: ${hostA}, namespace: default}
spec: {}
---`;
    const { told, registry } = translated(route({ ...onService, rules: [to('b')] }), profile);
    expect(told).toEqual([expect.stringMatching(/^OR2571 ServiceProfile .*HTTPRoute default\/r .*routes a\.default/)]);
    expect(registry.snapshot.virtualServices[0]?.name).toBe(`${hostA}~producer-route`);
  });
});

describe('filters', () => {
  const one = (
    filters: object[],
    match: object = { path: { type: 'PathPrefix', value: '/old' } },
    others: object = {},
  ) =>
    translated(
      gateway({ listeners: [plain, { ...plain, name: 'high', port: 8080 }] }),
      route({
        parentRefs: [{ name: 'gw', sectionName: 'high' }],
        rules: [{ matches: [match], filters, ...to('a'), ...others }],
      }),
    );

  test('change headers', () => {
    const modifier = { set: [{ name: 'a', value: '1' }], add: [{ name: 'b', value: '2' }], remove: ['c'] };
    const { http } = one([
      { type: 'RequestHeaderModifier', requestHeaderModifier: modifier },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['d'] } },
    ]);
    const request = { set: { a: '1' }, add: { b: '2' }, remove: ['c'] };
    expect(http[0]?.['headers']).toEqual({ request, response: { remove: ['d'] } });
  });

  test.each<[object, object[]]>([
    [{ type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' }, [{ uri: '/new' }, { uri: '/new/' }]],
    [{ type: 'ReplacePrefixMatch', replacePrefixMatch: '/new/' }, [{ uri: '/new' }, { uri: '/new/' }]],
    [{ type: 'ReplacePrefixMatch', replacePrefixMatch: '/' }, [{ uri: '/' }, { uri: '/' }]],
    [
      { type: 'ReplaceFullPath', replaceFullPath: '/new' },
      [
        { uriRegexRewrite: { match: '^.*$', rewrite: '/new' } },
        { uriRegexRewrite: { match: '^.*$', rewrite: '/new' } },
      ],
    ],
  ])('rewrite paths: %j', (path, expected) => {
    const { http } = one([{ type: 'URLRewrite', urlRewrite: { path } }]);
    expect(http.map(({ rewrite }) => rewrite)).toEqual(expected);
  });

  test.each<[object, object]>([
    [
      { scheme: 'https', statusCode: 301 },
      { scheme: 'https', redirectCode: 301 },
    ],
    [
      { hostname: 'x.example', port: 8443 },
      { authority: 'x.example', port: 8443, redirectCode: 302 },
    ],
    [{ hostname: 'x.example' }, { authority: 'x.example', port: 8080, redirectCode: 302 }],
    [{ path: { type: 'ReplaceFullPath', replaceFullPath: '/n' } }, { port: 8080, uri: '/n', redirectCode: 302 }],
    [
      { scheme: 'http', path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/n' } },
      { scheme: 'http', prefixRewrite: '/n', redirectCode: 302 },
    ],
  ])('redirect: %j', (requestRedirect, expected) => {
    const { http } = one([{ type: 'RequestRedirect', requestRedirect }], undefined, { backendRefs: [] });
    expect(http[0]?.['redirect']).toEqual(expected);
  });

  test('mirror', () => {
    const mirror = (others: object) => ({
      type: 'RequestMirror',
      requestMirror: { backendRef: { name: 'b', port: 80 }, ...others },
    });
    const { http } = one([mirror({}), mirror({ percent: 5 }), mirror({ fraction: { numerator: 1, denominator: 8 } })]);
    expect(objectsAt(http[0], 'mirrors').map(({ percentage }) => percentage)).toEqual([
      undefined,
      { value: 5 },
      { value: 12.5 },
    ]);
  });

  test('that are not known answer by 500', () => {
    const { http, told } = one([{ type: 'ExtensionRef', extensionRef: { group: 'x', kind: 'Y', name: 'z' } }]);
    expect(http[0]?.['directResponse']).toEqual({ status: 500 });
    expect(told[0]).toMatch(/^OR2570 HTTPRoute default\/r spec\.rules\[0\]\.filters/);
  });

  test('of one backend are for its share', () => {
    const filters = [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x', value: 'y' }] } }];
    const { http } = one([], {}, to('a', { filters }));
    expect(http[0]?.['route']).toMatchObject([{ headers: { response: { set: { x: 'y' } } } }]);
  });

  test('timeouts are for the request and for each attempt', () => {
    const timed = (timeouts: object, others: object = {}) => one([], {}, { timeouts, ...others }).http[0];
    expect(timed({ request: '10s' })).toMatchObject({ timeout: '10s' });
    expect(timed({ request: '10s' })?.['retries']).toBeUndefined();
    expect(timed({ request: '10s', backendRequest: '2s' })).toMatchObject({
      timeout: '10s',
      retries: { attempts: 2, perTryTimeout: '2s' },
    });
    expect(timed({}, { retry: { attempts: 4, codes: [503], backoff: '50ms' } })).toMatchObject({
      retries: { attempts: 4, retryOn: expect.stringContaining(',503'), backoff: '50ms' },
    });
  });
});

describe('backends', () => {
  const grant = (from: object = {}) => `
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: shop}
spec: ${JSON.stringify({ from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default', ...from }], to: [{ group: '', kind: 'Service' }] })}
---`;
  const far = route({ ...onService, rules: [to('far', { namespace: 'shop' })] });

  test('of another namespace need a ReferenceGrant', () => {
    const without = translated(far);
    expect(without.http).toMatchObject([{ directResponse: { status: 500 } }]);
    expect(without.told[0]).toMatch(/^OR2574 HTTPRoute default\/r spec\.rules\[0\]\.backendRefs\[0\]/);
    expect(JSON.stringify(without.status['HTTPRoute/r'])).toContain('RefNotPermitted');
    expect(translated(far, grant({ namespace: 'shop' })).told).toHaveLength(1);
    expect(translated(far, grant({ kind: 'GRPCRoute' })).told).toHaveLength(1);
    const granted = translated(far, grant());
    expect(granted.told).toEqual([]);
    expect(granted.http).toMatchObject([{ route: [{ destination: { host: 'far.shop.svc.cluster.local' } }] }]);
  });

  test('that are not there fail for their share', () => {
    const backendRefs = [
      { name: 'a', port: 80, weight: 3 },
      { name: 'none', port: 80 },
      { name: 'b', port: 9999, weight: 0 },
    ];
    const { http, told } = translated(route({ ...onService, rules: [{ backendRefs }] }));
    expect(http[0]?.['route']).toMatchObject([
      { destination: { host: hostA, port: { number: 80 } }, weight: 3 },
      { destination: { host: 'unresolved.invalid' }, weight: 1 },
      { weight: 0 },
    ]);
    expect(told).toHaveLength(2);
    const nothing = translated(route({ ...onService, rules: [{}] }));
    expect(nothing.http).toMatchObject([{ directResponse: { status: 500 } }]);
  });
});

describe('Gateways', () => {
  test('of a class of ours become Gateways of Istio, one a listener', () => {
    const addresses = [{ type: 'Hostname', value: 'gate.edge.svc.cluster.local' }];
    const listeners = [
      plain,
      {
        name: 'https',
        port: 443,
        protocol: 'HTTPS',
        hostname: 'A.example',
        tls: { certificateRefs: [{ name: 'cert' }] },
      },
    ];
    const { gateways, told } = translated(gateway({ addresses, listeners }));
    expect(told).toEqual([]);
    expect(gateways).toEqual([
      {
        selector: { app: 'gate' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*/*'] }],
      },
      {
        selector: { app: 'gate' },
        servers: [
          {
            port: { number: 443, name: 'https', protocol: 'HTTPS' },
            hosts: ['*/a.example'],
            tls: { mode: 'SIMPLE', credentialName: 'default/cert' },
          },
        ],
      },
    ]);
    expect(translated(gateway({ listeners: [plain] })).gateways).toMatchObject([
      { selector: { istio: 'ingressgateway' } },
    ]);
    expect(translated(gateway({ gatewayClassName: 'other', listeners: [plain] })).gateways).toEqual([]);
  });

  test('whose class is of another controller are left to it, with their routes', () => {
    const foreign = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: outrigger}
spec: {controllerName: example.com/other}
---`;
    const { gateways, routed, told, status } = translated(
      foreign,
      gateway({ listeners: [plain] }),
      route({ rules: [to('a')] }),
    );
    expect([gateways, routed, told, status]).toEqual([[], [], [], {}]);
  });

  test.each<[string, object]>([
    ['UDP', { listeners: [{ ...plain, protocol: 'UDP' }] }],
    ['no certificate', { listeners: [{ ...plain, protocol: 'HTTPS' }] }],
    [
      'a certificate of another namespace',
      { listeners: [{ ...plain, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'c', namespace: 'shop' }] } }] },
    ],
    [
      'what else TLS asks for',
      {
        listeners: [{ ...plain, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'c' }], frontendValidation: {} } }],
      },
    ],
    ['an address that is none', { addresses: [{ type: 'IPAddress', value: '1.2.3.4' }], listeners: [plain] }],
  ])('do not listen for %s', (_, spec) => {
    const { gateways, told, status } = translated(gateway(spec));
    expect(gateways).toEqual([]);
    expect(told).toHaveLength(1);
    expect(JSON.stringify(status['Gateway.gateway.networking.k8s.io/gw'])).toContain(
      '"type":"Programmed","status":"False"',
    );
  });

  test('take the hosts that listener and route have in common', () => {
    const listeners = [{ ...plain, hostname: '*.example' }];
    const wide = route({ rules: [{ matches: [{ path: { type: 'Exact', value: '/wide' } }], ...to('a') }] });
    const narrow = route(
      {
        hostnames: ['one.example', 'other.test'],
        rules: [{ matches: [{ path: { type: 'Exact', value: '/one' } }], ...to('b') }],
      },
      { name: 'narrow' },
    );
    const { routed, told } = translated(gateway({ listeners }), wide, narrow);
    expect(told).toEqual([]);
    // What the narrow host does not answer, the wide one does.
    expect(routed.map(({ hosts, http }) => [hosts, (http as JsonObject[]).map(({ name }) => name)])).toEqual([
      [['one.example'], ['default.narrow.0', 'default.r.0']],
      [['*.example'], ['default.r.0']],
    ]);
  });

  test.each<[string, object, object, string]>([
    ['no such listener', {}, { parentRefs: [{ name: 'gw', sectionName: 'x' }] }, 'NoMatchingParent'],
    ['another host', { hostname: 'a.example' }, { hostnames: ['b.example'] }, 'NoMatchingListenerHostname'],
    ['another kind', { allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } }, {}, 'NotAllowedByListeners'],
    ['no such Gateway', {}, { parentRefs: [{ name: 'none' }] }, 'NoMatchingParent'],
    [
      'a Service that is not there',
      {},
      { parentRefs: [{ group: '', kind: 'Service', name: 'none' }] },
      'NoMatchingParent',
    ],
    ['a kind that is no parent', {}, { parentRefs: [{ kind: 'Deployment', name: 'a' }] }, 'InvalidKind'],
  ])('refuse a route for %s', (_, listener, spec, reason) => {
    const { routed, told, status } = translated(
      gateway({ listeners: [{ ...plain, ...listener }] }),
      route({ rules: [to('a')], ...spec }),
    );
    expect(routed).toEqual([]);
    expect(told).toEqual([expect.stringMatching(/^OR2575 HTTPRoute default\/r spec\.parentRefs\[0\]/)]);
    expect(status['HTTPRoute/r']).toMatchObject({
      parents: [{ conditions: [{ type: 'Accepted', status: 'False', reason }, {}] }],
    });
  });

  test.each<[object, boolean]>([
    [{}, false],
    [{ from: 'Same' }, false],
    [{ from: 'All' }, true],
    [{ from: 'Selector', selector: { matchLabels: { team: 'x' } } }, true],
    [{ from: 'Selector', selector: { matchLabels: { team: 'y' } } }, false],
  ])('take routes of other namespaces as %j says', (namespaces, taken) => {
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: x}}\n---';
    const parentRefs = [{ name: 'gw', namespace: 'default' }];
    const { routed, told, status } = translated(
      namespace,
      gateway({ listeners: [{ ...plain, allowedRoutes: { namespaces } }] }),
      route({ parentRefs, rules: [to('far')] }, { namespace: 'shop' }),
    );
    expect([routed.length, told.length]).toEqual(taken ? [1, 0] : [0, 1]);
    expect(status['Gateway.gateway.networking.k8s.io/gw']).toMatchObject({
      listeners: [{ attachedRoutes: taken ? 1 : 0 }],
    });
  });

  test('have a route on each listener, also where a backend is not to be had', () => {
    const listeners = [plain, { ...plain, name: 'second', port: 81 }];
    const { routed, told } = translated(gateway({ listeners }), route({ rules: [to('none')] }));
    expect(routed).toHaveLength(2);
    expect(told).toHaveLength(1);
  });

  test('pass connections on by server name and by port', () => {
    const listeners = [
      { name: 'tls', port: 443, protocol: 'TLS', tls: { mode: 'Passthrough' } },
      { name: 'tcp', port: 9000, protocol: 'TCP' },
    ];
    const { routed, gateways, told } = translated(
      gateway({ listeners }),
      route({ hostnames: ['a.example'], rules: [to('a')] }, { kind: 'TLSRoute' }).replace('io/v1', 'io/v1alpha2'),
      route({ rules: [to('b')] }, { kind: 'TCPRoute' }).replace('io/v1', 'io/v1alpha2'),
    );
    expect(told).toEqual([]);
    expect(gateways).toMatchObject([{ servers: [{ tls: { mode: 'PASSTHROUGH' } }] }, {}]);
    expect(routed).toMatchObject([
      {
        hosts: ['a.example'],
        tls: [{ match: [{ sniHosts: ['a.example'] }], route: [{ destination: { host: hostA } }] }],
      },
      { hosts: ['*'], tcp: [{ route: [{ destination: { host: 'b.default.svc.cluster.local' } }] }] },
    ]);
  });
});

describe('a GRPCRoute', () => {
  test.each<[object, object | undefined]>([
    [{ service: 'a.B', method: 'C' }, { exact: '/a.B/C' }],
    [{ service: 'a.B' }, { prefix: '/a.B/' }],
    [{ method: 'C' }, { regex: '/[^/]+/C' }],
    [{ type: 'RegularExpression', service: 'a.*', method: 'C|D' }, { regex: '/(?:a.*)/(?:C|D)' }],
    [{}, undefined],
  ])('reads %j as a path', (method, uri) => {
    const { http, told } = translated(
      route({ ...onService, rules: [{ matches: [{ method }], ...to('b') }] }, { kind: 'GRPCRoute' }),
    );
    expect(told).toEqual([]);
    expect(http[0]?.['match']).toEqual(uri === undefined ? undefined : [{ uri }]);
  });
});
