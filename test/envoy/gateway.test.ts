import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { GatewayConfig } from '../../src/discovery/gateway-config.ts';
import type { Message } from '../../src/xds/resource.ts';
import { app, decoded, gatewayOf, gatewayYaml, httpServer, routes } from '../gateway-fixture.ts';
import { objectsOf } from '../mesh-fixture.ts';
import { findEnvoy } from './binary.ts';
import { selfSigned } from './test-certificates.ts';

const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-gateway-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pair = selfSigned('a.com');
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const certificate = file('tls.crt', pair.certificate);
const key = file('tls.key', pair.key);

const xds: Message = {
  name: 'xds',
  type: 'STATIC',
  connect_timeout: '1s',
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

/** Its routes in place of the names of routes: the whole is then checked at once. */
function inlined(value: unknown, config: GatewayConfig): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(item, config));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => {
    if (name !== 'rds') return [name, inlined(item, config)];
    return ['route_config', decoded(config.named('route', String((item as Message)['route_config_name'])))];
  });
  return Object.fromEntries(entries);
}

/** What Envoy says of a gateway: empty when it takes it. */
function validate(config: GatewayConfig): string {
  const all = (type: 'cluster' | 'listener') =>
    [...config.wildcard(type).values()].map((resource) => inlined(decoded(resource), config));
  const ads = {
    api_type: 'DELTA_GRPC',
    transport_api_version: 'V3',
    grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
  };
  const bootstrap = {
    node: { id: 'router~10.0.0.9~gw-1.istio-system~x', cluster: 'gw' },
    dynamic_resources: { ads_config: ads },
    static_resources: { clusters: [xds, ...all('cluster')], listeners: all('listener') },
  };
  const path = file('bootstrap.json', JSON.stringify(bootstrap));
  const result = spawnSync(envoy ?? '', ['-c', path, '--mode', 'validate', '-l', 'warning'], { encoding: 'utf8' });
  return result.status === 0 && result.stdout.includes('OK') ? '' : `${result.status} ${result.stdout}${result.stderr}`;
}

const tls = (name: string, hosts: string, settings: string, protocol = 'HTTPS') =>
  gatewayYaml(
    name,
    `{port: {number: 443, name: ${name}, protocol: ${protocol}}, hosts: [${hosts}], tls: {${settings}}}`,
  );
const apps = app('a', '10.0.0.1') + app('b', '10.0.0.2');
const toA = (name: string, gateways: string, hosts = '"*"') =>
  routes(name, `hosts: [${hosts}], gateways: [${gateways}], http: [{route: [{destination: {host: a}}]}]`);
const files = `serverCertificate: ${certificate}, privateKey: ${key}`;
const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  action: DENY
  rules:
  - from: [{source: {remoteIpBlocks: [1.2.3.4], notNamespaces: [x]}}]
    to: [{operation: {hosts: [a.com], paths: ["/x*"], methods: [GET]}}]
---
`;
const external = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: out}
spec:
  hosts: [api.example.com, wild.example.com]
  ports: [{number: 443, name: https, protocol: HTTPS}, {number: 80, name: http, protocol: HTTP}]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: none}
spec: {hosts: ["*.wiki.org"], ports: [{number: 443, name: tls, protocol: TLS}], resolution: NONE}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: out}
spec:
  host: api.example.com
  trafficPolicy:
    portLevelSettings:
    - {port: {number: 443}, tls: {mode: MUTUAL, credentialName: client, sni: api.example.com, subjectAltNames: [api.example.com]}}
---
`;

test.skipIf(envoy === undefined).each<[string, readonly string[]]>([
  ['nothing to route', [gatewayYaml('g', httpServer('"*"'))]],
  [
    'HTTP of every sort',
    [
      apps,
      gatewayYaml('g', httpServer('"*.a.com", b.com, "./c.com"', ', tls: {httpsRedirect: true}')),
      routes(
        'v',
        `hosts: [x.a.com, b.com, "*.c.com"], gateways: [g], http: [
          {match: [{uri: {prefix: /a}, headers: {x: {exact: one}}, queryParams: {q: {regex: "z+"}}}], rewrite: {uri: /}, timeout: 3s,
           retries: {attempts: 2, perTryTimeout: 1s, retryOn: "5xx,503"}, fault: {delay: {fixedDelay: 1s, percentage: {value: 0.1}}},
           corsPolicy: {allowOrigins: [{regex: ".*"}], maxAge: 1s}, mirror: {host: b}, mirrorPercentage: {value: 5},
           route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: 2, headers: {request: {set: {x: one}}}}]},
          {match: [{uri: {exact: /r}}], redirect: {uri: /s, redirectCode: 308}},
          {match: [{uri: {regex: "/d.*"}}], directResponse: {status: 503, body: {string: none}}},
          {route: [{destination: {host: b}}]}]`,
      ),
      toA('vv', 'g', 'b.com'),
      policy,
    ],
  ],
  [
    'TLS of every mode',
    [
      apps,
      tls(
        'a',
        'a.com',
        'mode: SIMPLE, credentialName: one, minProtocolVersion: TLSV1_1, maxProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256], ecdhCurves: [P-256]',
      ),
      tls('bb', 'b.com', 'mode: SIMPLE, credentialNames: [one, two]'),
      tls(
        'ccc',
        '"*.c.com"',
        `mode: MUTUAL, credentialName: one, subjectAltNames: [x, "spiffe://y"], verifyCertificateHash: ["${'ab'.repeat(32)}"], verifyCertificateSpki: ["${'A'.repeat(43)}="]`,
      ),
      tls('dddd', 'd.com', 'mode: OPTIONAL_MUTUAL, credentialName: one, caCertCredentialName: other'),
      tls('hhhh', 'h.com', 'mode: MUTUAL, credentialName: one, insecureSkipVerify: true'),
      tls('eeeee', 'e.com', 'mode: ISTIO_MUTUAL'),
      tls('ffffff', 'f.com', `mode: SIMPLE, ${files}`),
      tls('ggggggg', '"*"', `mode: MUTUAL, ${files}, caCertificates: ${certificate}`),
      toA('v', 'a, bb, ccc, dddd, eeeee, ffffff, ggggggg', 'a.com, b.com, x.c.com, e.com, f.com, z.com'),
      policy,
    ],
  ],
  [
    'connections',
    [
      apps,
      tls('g', '"*"', 'mode: PASSTHROUGH', 'TLS'),
      tls('gg', 'tcp.com', 'mode: SIMPLE, credentialName: one', 'TLS'),
      gatewayYaml('ggg', '{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"]}'),
      gatewayYaml('gggg', '{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"], bind: 127.0.0.1}'),
      routes(
        'v',
        `hosts: [a.com, "*.b.com", tcp.com], gateways: [g, gg, ggg, gggg],
        tls: [{match: [{sniHosts: [a.com, "*.b.com"]}], route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: 3}]},
              {match: [{sniHosts: [a.com]}], route: [{destination: {host: b}}]}],
        tcp: [{match: [{destinationSubnets: [10.0.0.0/8]}], route: [{destination: {host: a}}]}, {route: [{destination: {host: b}}]}]`,
      ),
      policy,
    ],
  ],
  [
    'egress',
    [
      external,
      tls('g', 'api.example.com', 'mode: ISTIO_MUTUAL'),
      tls('gg', '"*.wiki.org"', 'mode: PASSTHROUGH', 'TLS'),
      routes(
        'v',
        'hosts: [api.example.com], gateways: [g], http: [{route: [{destination: {host: api.example.com, port: {number: 443}}}]}]',
      ),
      routes(
        'vv',
        'hosts: ["*.wiki.org"], gateways: [gg], tls: [{match: [{sniHosts: ["*.wiki.org"]}], route: [{destination: {host: en.wiki.org, port: {number: 443}}}]}]',
      ),
    ],
  ],
])('the real Envoy takes a gateway: %s', (_, yamls) => {
  const { config } = gatewayOf(...yamls);
  expect(config().wildcard('listener').size).toBeGreaterThan(0);
  expect(validate(config())).toBe('');
});

const host = fc.constantFrom('a.com', 'b.a.com', '*.a.com', '*', '*-x.com', 'A.com', './a.com', 'default/b.a.com');
const name = fc.constantFrom('a.com', 'b.a.com', '*.a.com', 'c.b.a.com');
const some = <T>(items: fc.Arbitrary<T>) => fc.array(items, { minLength: 1, maxLength: 3 });
const tlsMode = fc.constantFrom<object>(
  { mode: 'PASSTHROUGH' },
  { mode: 'SIMPLE', credentialName: 'one' },
  { mode: 'MUTUAL', credentialName: 'one', subjectAltNames: ['x'] },
  { mode: 'OPTIONAL_MUTUAL', serverCertificate: certificate, privateKey: key, caCertificates: certificate },
  { mode: 'MUTUAL', credentialName: 'one', subjectAltNames: ['x'], insecureSkipVerify: true },
  { mode: 'ISTIO_MUTUAL' },
  { mode: 'AUTO_PASSTHROUGH' },
);
const port = (protocols: readonly string[], numbers: readonly number[]) =>
  fc.record({ number: fc.constantFrom(...numbers), protocol: fc.constantFrom(...protocols) });
const server = fc.oneof(
  fc.record({ port: port(['HTTP', 'GRPC', 'TCP', 'MONGO'], [80, 9000]), hosts: some(host) }),
  fc.record({ port: port(['HTTPS', 'TLS'], [443, 443, 80]), hosts: some(host), tls: tlsMode }),
);
const route = fc.constantFrom([{ destination: { host: 'a' } }], [{ destination: { host: 'b', port: { number: 81 } } }]);
const subnets = fc.constantFrom<object>({}, { destinationSubnets: ['10.0.0.0/8'] });
const rules = fc.record({
  hosts: fc.constantFrom(['*.com'], ['*'], ['*.com', 'x.org']),
  http: fc.array(fc.record({ route }), { maxLength: 1 }),
  tls: fc.array(
    fc.record({
      match: some(fc.tuple(some(name), subnets).map(([sniHosts, more]) => ({ sniHosts, ...more }))),
      route,
    }),
    { maxLength: 2 },
  ),
  tcp: fc.array(fc.record({ match: some(subnets), route }), { maxLength: 2 }),
});

function resource(kind: string, index: number, spec: object): string {
  return JSON.stringify({ apiVersion: 'networking.istio.io/v1', kind, metadata: { name: `r${index}` }, spec });
}

test.skipIf(envoy === undefined)('the real Envoy takes what is left of any Gateways and rules', () => {
  const inputs = fc.record({ gateways: some(some(server)), virtualServices: some(rules) });
  fc.assert(
    fc.property(inputs, ({ gateways, virtualServices }) => {
      const { registry, config } = gatewayOf(apps);
      const named = (servers: (typeof gateways)[number]) =>
        servers.map((item, index) => ({ ...item, port: { ...item.port, name: `p${index}` } }));
      const texts = [
        ...gateways.map((servers, index) => resource('Gateway', index, { servers: named(servers) })),
        ...virtualServices.map((spec, index) =>
          resource('VirtualService', index, { ...spec, gateways: ['r0', 'r1', 'r2'] }),
        ),
      ];
      registry.apply({ upserts: texts.flatMap((text) => objectsOf(text)), removals: [] });
      expect(validate(config())).toBe('');
    }),
    { numRuns: 40, endOnFailure: true },
  );
});
