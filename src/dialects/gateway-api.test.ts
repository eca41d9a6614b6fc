import { describe, expect, test } from 'vitest';
import { gateway, hostA, onService, plain, route, to, translated } from '../../test/gateway-api-fixture.ts';
import type { JsonObject } from '../model/json.ts';
import { objectsAt } from '../model/json-fields.ts';
import { printOrigin } from '../model/origin.ts';

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
