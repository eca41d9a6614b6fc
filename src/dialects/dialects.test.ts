import { describe, expect, test } from 'vitest';
import { objectsOf } from '../../test/mesh-fixture.ts';
import type { JsonObject } from '../model/json.ts';
import { printOrigin } from '../model/origin.ts';
import { Registry } from '../registry/registry.ts';
import { Dialects } from './dialects.ts';

const service = (name: string, namespace = 'default') => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {clusterIP: 10.0.0.1, selector: {app: ${name}}, ports: [{name: http, port: 80}, {name: tcp-other, port: 81}]}
---`;
const world = ['reviews', 'reviews-v1', 'reviews-v2'].map((name) => service(name)).join('');
const host = 'reviews.default.svc.cluster.local';

function translated(...yamls: readonly string[]) {
  const { changes, problems = [] } = new Dialects('cluster.local').apply({
    upserts: objectsOf([world, ...yamls].join('\n')),
    removals: [],
  });
  const made = changes.upserts.filter(({ object }) =>
    String((object['metadata'] as JsonObject)['creationTimestamp']).startsWith('9999'),
  );
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  registry.apply({ upserts: objectsOf([world, ...yamls].join('\n')), removals: [] });
  return {
    specs: made.map(({ kind, object }) => ({ kind, ...(object['spec'] as JsonObject) })),
    http: made.flatMap(({ object }) => ((object['spec'] as JsonObject)['http'] ?? []) as JsonObject[]),
    told: problems.map(({ code, origin, message }) => `${code} ${printOrigin(origin)}: ${message}`),
    registry,
  };
}

const v1 = 'reviews-v1.default.svc.cluster.local';
const v2 = 'reviews-v2.default.svc.cluster.local';
const profile = (spec: object, metadata: object = {}) => `
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: ${JSON.stringify({ name: host, namespace: 'default', ...metadata })}
spec: ${JSON.stringify(spec)}
---`;
const split = (spec: object, version = 'v1alpha2') => `
apiVersion: split.smi-spec.io/${version}
kind: TrafficSplit
metadata: {name: split, namespace: default}
spec: ${JSON.stringify({ service: 'reviews', ...spec })}
---`;
const halves = [
  { service: 'reviews-v1', weight: '900m' },
  { service: 'reviews-v2', weight: '100m' },
];
const shares = [
  { destination: { host: v1 }, weight: 9 },
  { destination: { host: v2 }, weight: 1 },
];

describe('a TrafficSplit', () => {
  test.each(['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'])('of %s shares the requests of its service', (version) => {
    const { specs, told } = translated(split({ backends: halves }, version));
    expect(told).toEqual([]);
    expect(specs).toMatchObject([
      {
        kind: 'VirtualService',
        hosts: [host],
        gateways: ['mesh'],
        http: [{ route: shares }],
        tcp: [{ route: shares }],
      },
    ]);
  });

  test('with conditions leaves other requests to the service itself', () => {
    const group = `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: group, namespace: default}
spec:
  matches:
  - {name: firefox, headers: [{User-Agent: ".*Firefox.*"}], methods: [GET, HEAD], pathRegex: "/a.*"}
  - {name: any, methods: ["*"], pathRegex: "/b"}
---`;
    const { http, told } = translated(
      group,
      split({ backends: halves, matches: [{ kind: 'HTTPRouteGroup', name: 'group' }] }),
    );
    expect(told).toEqual([]);
    const common = { uri: { regex: '/a.*' }, headers: { 'user-agent': { regex: '.*Firefox.*' } } };
    expect(http[0]?.['match']).toEqual([
      { ...common, method: { exact: 'GET' } },
      { ...common, method: { exact: 'HEAD' } },
      { uri: { regex: '/b' } },
    ]);
    expect(http[1]).toEqual({ route: [{ destination: { host } }] });
  });

  test('that is wrong is told, and changes nothing', () => {
    const wrong = translated(split({ backends: [{ service: 'reviews-v1', weight: 'x' }, { weight: 1 }] }));
    expect(wrong.specs).toEqual([]);
    expect(wrong.told).toEqual([
      expect.stringContaining('spec.backends[0].weight'),
      expect.stringContaining('spec.backends[1].service'),
      expect.stringContaining('one backend must have a weight above 0'),
    ]);
    const { told } = translated(split({ backends: [{ service: 'nobody', weight: 1 }] }));
    expect(told).toEqual([expect.stringMatching(/^OR2574 .*backends\[0\].service .*no Service default\/nobody/)]);
    const missing = translated(split({ backends: halves, matches: [{ kind: 'HTTPRouteGroup', name: 'none' }] }));
    expect(missing.specs).toEqual([]);
    expect(missing.told).toEqual([expect.stringContaining('no HTTPRouteGroup default/none')]);
  });

  test('has no effect beside an older one', () => {
    const second = split({ backends: [{ service: 'reviews-v2', weight: 1 }] }).replace('name: split', 'name: twice');
    const { http, told } = translated(split({ backends: halves }), second);
    expect(http).toMatchObject([{ route: shares }]);
    expect(told).toEqual([expect.stringMatching(/^OR2571 TrafficSplit default\/twice/)]);
  });
});

describe('a ServiceProfile', () => {
  test('has routes with their own timeouts, and leaves the others alone', () => {
    const routes = [{ name: 'get', condition: { method: 'GET', pathRegex: '/a' }, timeout: '300ms' }];
    const { http, specs, told } = translated(profile({ routes }));
    expect(told).toEqual([]);
    const route = [{ destination: { host } }];
    const match = [{ uri: { regex: '/a' }, method: { exact: 'GET' } }];
    expect(http).toEqual([{ name: 'get', match, timeout: '300ms', retries: { attempts: 0 }, route }, { route }]);
    expect(specs.map(({ kind }) => kind)).toEqual(['VirtualService']);
  });

  test('retries what its response classes call failures, within its budget', () => {
    const isFailure = { condition: { status: { min: 429 } }, isFailure: true };
    const fine = {
      condition: { all: [{ status: { min: 500, max: 599 } }, { not: { status: { min: 503 } } }] },
      isFailure: false,
    };
    const condition = { pathRegex: '/.*' };
    const retryBudget = { retryRatio: 0.25, minRetriesPerSecond: 5, ttl: '20s' };
    const routes = [
      { condition, isRetryable: true },
      { condition, isRetryable: true, responseClasses: [isFailure, fine] },
    ];
    const { http, specs, told } = translated(profile({ routes, retryBudget }));
    expect(http[0]?.['retries']).toEqual({ attempts: 3, retryOn: '5xx' });
    expect(http[1]?.['retries']).toEqual({ attempts: 3, retryOn: 'reset,connect-failure,refused-stream,503,429' });
    expect(specs[0]).toMatchObject({
      kind: 'DestinationRule',
      trafficPolicy: { retryBudget: { percent: 25, minRetryConcurrency: 5, interval: '20s' } },
    });
    expect(told).toEqual([expect.stringMatching(/^OR2570 .*routes\[1\].responseClasses/)]);
  });

  test('with a budget in a route is read as its author meant it', () => {
    const { http, specs, told } = translated(
      profile({ routes: [{ condition: { method: 'GET' }, retries: { budget: 0.2 } }] }),
    );
    expect(http[0]?.['retries']).toEqual({ attempts: 3, retryOn: '5xx' });
    expect(specs[0]).toMatchObject({ trafficPolicy: { retryBudget: { percent: 20 } } });
    expect(told).toEqual([expect.stringMatching(/^OR2572 .*retries\.budget is no field of Linkerd/)]);
  });

  test.each<[string, object, object[]]>([
    [
      'any',
      { any: [{ method: 'GET' }, { pathRegex: '/x' }] },
      [{ method: { exact: 'GET' } }, { uri: { regex: '/x' } }],
    ],
    ['all', { all: [{ method: 'GET' }, { pathRegex: '/x' }] }, [{ method: { exact: 'GET' }, uri: { regex: '/x' } }]],
    [
      'two paths',
      { all: [{ pathRegex: '/x' }, { pathRegex: '/y' }] },
      [{ uri: { regex: '/x' }, headers: { ':path': { regex: '(?:/y)(?:\\?.*)?' } } }],
    ],
    ['not', { not: { method: 'GET' } }, [{ withoutHeaders: { ':method': { regex: '(?:GET)' } } }]],
    [
      'not all',
      { not: { all: [{ method: 'GET' }, { pathRegex: '/x' }] } },
      [
        { withoutHeaders: { ':method': { regex: '(?:GET)' } } },
        { withoutHeaders: { ':path': { regex: '(?:(?:/x))(?:\\?.*)?' } } },
      ],
    ],
    [
      'not any',
      { not: { any: [{ method: 'GET' }, { method: 'PUT' }] } },
      [{ withoutHeaders: { ':method': { regex: '(?:GET)|(?:PUT)' } } }],
    ],
  ])('understands %s', (_, condition, match) => {
    const { http, told } = translated(profile({ routes: [{ condition }] }));
    expect(told).toEqual([]);
    expect(http[0]?.['match']).toEqual(match);
  });

  test('whose route is wrong lives without it', () => {
    const routes = [
      { condition: { pathRegex: '(' } },
      { condition: {} },
      { condition: { method: 'GET' }, timeout: 'soon', other: 1 },
    ];
    const { http, told } = translated(profile({ routes, opaquePorts: ['81'] }));
    expect(http).toHaveLength(2);
    expect(told.map((line) => /^(OR\d+) \S+ \S+ (\S+)/.exec(line)?.slice(1).join(' ')).sort()).toEqual([
      'OR2570 spec.opaquePorts',
      'OR2570 spec.routes[2].other',
      'OR2573 spec.routes[0]',
      'OR2573 spec.routes[1].condition',
      'OR2573 spec.routes[2].timeout',
    ]);
  });

  test('goes together with a TrafficSplit; its own overrides are stronger', () => {
    const routes = [{ condition: { method: 'GET' }, timeout: '1s' }];
    const both = translated(profile({ routes }), split({ backends: halves }));
    expect(both.http).toMatchObject([{ timeout: '1s', route: shares }, { route: shares }]);
    expect(both.told).toEqual([]);
    const dstOverrides = [
      { authority: `${v1}.:80`, weight: '500m' },
      { authority: v2, weight: '500m' },
    ];
    const own = translated(profile({ dstOverrides }), split({ backends: halves }));
    expect(own.http).toEqual([
      {
        route: [
          { destination: { host: v1, port: { number: 80 } }, weight: 1 },
          { destination: { host: v2 }, weight: 1 },
        ],
      },
    ]);
    expect(own.told).toEqual([expect.stringMatching(/^OR2571 TrafficSplit/)]);
  });

  test('of another namespace is for the clients there, before that of the service', () => {
    const { registry } = translated(profile({}), service('x', 'shop'), profile({}, { namespace: 'shop' }));
    const order = registry.snapshot.virtualServices.map(({ namespace, spec }) => [namespace, spec.exportTo]);
    expect(order).toEqual([
      ['shop', ['.']],
      ['default', ['*']],
    ]);
  });

  test('is behind a VirtualService for the same host', () => {
    const virtualService = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: mine, namespace: default}
spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews-v1}}]}]}
---`;
    const { registry, told } = translated(profile({}), virtualService);
    expect(told).toEqual([
      expect.stringMatching(/^OR2571 ServiceProfile .*VirtualService default\/mine .*routes reviews/),
    ]);
    expect(registry.snapshot.virtualServices[0]?.name).toBe('mine');
    expect(registry.problems().map(({ code }) => code)).toEqual(['OR2571']);
  });
});

describe('changes', () => {
  test('are those of what came out differently', () => {
    const dialects = new Dialects('cluster.local');
    const step = (yaml: string, ...removals: string[]) => dialects.apply({ upserts: objectsOf(yaml), removals });
    expect(step(world).problems).toBeUndefined();
    expect(step(split({ backends: halves })).changes.upserts).toHaveLength(2);
    const [given, ...others] = step(split({ backends: halves })).changes.upserts;
    expect([given?.kind, others]).toEqual(['TrafficSplit', []]);
    expect(step('', 'TrafficSplit default/split').changes.removals).toEqual([
      'TrafficSplit default/split',
      `VirtualService default/${host}~producer-profile`,
    ]);
    expect(step(world).problems).toBeUndefined();
  });
});
