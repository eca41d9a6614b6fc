import { describe, expect, test } from 'vitest';
import { gateway, hostA, onService, plain, route, to, translated } from '../../test/gateway-api-fixture.ts';
import type { JsonObject } from '../model/json.ts';

describe('Gateways', () => {
  test.each(['constructor', 'toString', '__proto__', 'UDP'])(
    'a listener of protocol %s harms nothing else',
    (protocol) => {
      const { told, gateways } = translated(gateway({ listeners: [{ name: 'odd', port: 1, protocol }, plain] }));
      expect(gateways).toHaveLength(1);
      expect(told).toEqual([expect.stringMatching(/^OR2570 .*is not listened for/)]);
    },
  );

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
