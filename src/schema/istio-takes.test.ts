import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from './validate.ts';

/**
 * Odd things that Istio's API takes, so that they must not be refused: what is empty or zero is "not set" in Protobuf, and
 * much is looked at by Envoy alone.
 */
const route = 'route: [{destination: {host: a}}]';
const rule = (text: string) => `{hosts: [a], http: [{${text}}]}`;
const withRoute = (text: string) => rule(`${route}, ${text}`);
const policy = (text: string) => `{host: a, trafficPolicy: {${text}}}`;
const hash = (text: string) => policy(`loadBalancer: {consistentHash: {${text}}}`);
const entry = (text: string) => `{hosts: [a.b], ports: [{number: 80, name: t}], ${text}}`;
const server = (text: string) => `{servers: [{port: {number: 443, name: s, protocol: HTTPS}, hosts: [a.b], ${text}}]}`;
const from = (text: string) => `{rules: [{from: [{source: {${text}}}]}]}`;
const jwt = (text: string) => `{jwtRules: [{issuer: a, ${text}}]}`;

const taken: Readonly<Record<string, readonly string[]>> = {
  VirtualService: [
    ...[
      '{hosts: ["123"], http: [{redirect: {uri: /}}]}',
      '{hosts: ["*.com"], gateways: [mesh, g], http: [{redirect: {uri: /}}]}',
    ],
    ...[rule('route: [{destination: {host: a, subset: ""}}]'), rule('delegate: {name: b, namespace: ""}')],
    ...[
      withRoute('match: [{sourceNamespace: "", port: 0, name: "", statPrefix: "", gateways: []}]'),
      withRoute('match: []'),
    ],
    ...[
      withRoute('retries: {attempts: 3, retryOn: ""}'),
      withRoute('retries: {}'),
      withRoute('headers: {request: {set: {}}}'),
    ],
    ...[
      rule('redirect: {authority: b, redirectCode: 0}'),
      rule('redirect: {scheme: "", uri: /}'),
      rule('redirect: {uri: /, port: 0}'),
    ],
    ...[withRoute('rewrite: {uri: "", authority: b}'), withRoute('mirror: {host: b, subset: ""}, mirrors: []')],
    ...[withRoute('corsPolicy: {}'), withRoute('fault: {abort: {}}'), rule('directResponse: {status: 200, body: {}}')],
    '{hosts: [a], tcp: [{match: [{port: 0, destinationSubnets: []}], route: [{destination: {host: a}}]}]}',
  ],
  DestinationRule: [
    ...['{host: "123"}', '{host: "*"}', '{host: a, subsets: [{name: v1, labels: {}}]}', policy('loadBalancer: {}')],
    ...[hash('httpHeaderName: ":path"'), hash('httpHeaderName: ":authority"'), hash('httpHeaderName: "x y"'), hash('')],
    ...[hash('httpCookie: {name: "u v", path: "", ttl: 0s}'), hash('useSourceIp: true, ringHash: {}')],
    ...[policy('tls: {}'), policy('tls: {mode: SIMPLE, credentialName: "", caCertificates: /x}')],
    ...[
      policy('tls: {mode: SIMPLE, credentialName: x, caCertificates: ""}'),
      policy('tls: {mode: ISTIO_MUTUAL, sni: ""}'),
    ],
    policy('tls: {mode: MUTUAL, credentialName: x, clientCertificate: "", privateKey: ""}'),
    policy('tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [], caCertificates: ""}'),
    ...[policy('tunnel: {protocol: "", targetHost: 10.0.0.1, targetPort: 80}'), policy('outlierDetection: {}')],
  ],
  Gateway: [
    ...[server('tls: {mode: SIMPLE, credentialName: x, privateKey: "", serverCertificate: ""}'), server('tls: {}')],
    '{servers: [{port: {number: 80, name: h, protocol: HTTP}, hosts: ["*"], bind: "", defaultEndpoint: "", name: ""}]}',
  ],
  ServiceEntry: [
    ...[
      '{hosts: ["*foo.com"], ports: [{number: 80, name: http, protocol: ""}]}',
      entry('resolution: STATIC, endpoints: []'),
    ],
    entry('resolution: STATIC, endpoints: [{address: "", network: n}]'),
    entry(
      'resolution: STATIC, endpoints: [{address: 10.0.0.1, labels: {a: ""}, locality: "", network: "", weight: 0}]',
    ),
    '{hosts: [a.b], ports: [{number: 80, name: t, targetPort: 0}], resolution: DNS_ROUND_ROBIN}',
  ],
  Sidecar: [
    '{ingress: [{port: {number: 80, protocol: HTTP, name: ""}, defaultEndpoint: ""}]}',
    '{ingress: [{port: {number: 80}, tls: {mode: SIMPLE, serverCertificate: /x, privateKey: /y, credentialName: ""}}]}',
    '{egress: [{port: {number: 80}, hosts: ["a/b"], bind: "", captureMode: DEFAULT}, {hosts: ["a/b", "a/b"]}]}',
  ],
  WorkloadEntry: ['{network: n}', '{address: "", network: n}', '{address: vm.example.com, serviceAccount: ""}'],
  WorkloadGroup: [
    ...['{template: {}}', '{template: {address: ""}}', '{template: {address: 10.0.0.1}}'],
    '{template: {}, probe: {httpGet: {port: 80, scheme: "", host: ""}}}',
  ],
  PeerAuthentication: ['{selector: {}, mtls: {}}', '{selector: {matchLabels: {a: b}}, portLevelMtls: {"80": {}}}'],
  AuthorizationPolicy: [
    ...['{}', '{action: AUDIT}', '{rules: [{from: [], to: [], when: []}]}', from('principals: ["*"], namespaces: []')],
    '{targetRefs: [{kind: Service, group: "", name: a, namespace: ""}], rules: [{}]}',
    '{action: CUSTOM, provider: {name: x}, rules: [{from: [{source: {namespaces: [], ipBlocks: [1.1.1.1]}}]}]}',
  ],
  RequestAuthentication: [
    ...['{}', jwt('jwksUri: "", jwks: ""'), jwt('jwksUri: "https://a", outputPayloadToHeader: "", audiences: []')],
  ],
  Telemetry: [
    '{tracing: [{providers: []}]}',
    '{accessLogging: [{filter: {}}]}',
    '{accessLogging: [{filter: {expression: ""}}]}',
  ],
};

/** Let into the cluster, and kept from proxies. */
const kept: Readonly<Record<string, readonly string[]>> = {
  VirtualService: [
    ...[withRoute('headers: {request: {set: {"a b": x}}}'), withRoute('headers: {response: {remove: ["a b"]}}')],
    withRoute('match: [{queryParams: {"": {exact: a}}}]'),
    withRoute('fault: {abort: {httpStatus: 600}}'),
  ],
  DestinationRule: [hash('httpHeaderName: ""')],
  Gateway: [server('tls: {mode: SIMPLE, credentialName: a, verifyCertificateHash: [zz], verifyCertificateSpki: [x]}')],
  RequestAuthentication: [jwt('fromHeaders: [{name: "a b"}]'), jwt('outputPayloadToHeader: "a b"')],
  Telemetry: ['{tracing: [{customTags: {x: {}}}]}', '{tracing: [{customTags: {x: {header: {name: "a b"}}}}]}'],
};

const errorsOf = (kind: string, spec: string) => {
  const group = /Peer|Authorization|Request/.test(kind)
    ? 'security'
    : kind === 'Telemetry'
      ? 'telemetry'
      : 'networking';
  const { problems } = validate({
    apiVersion: `${group}.istio.io/v1`,
    kind,
    metadata: { name: 'x' },
    spec: parse(spec),
  });
  return problems.filter(({ severity }) => severity === 'error');
};

describe.each(Object.entries(taken))('%s', (kind, specs) => {
  test.each(specs)('%s is in force', (spec) => {
    expect(errorsOf(kind, spec)).toEqual([]);
  });
});

describe.each(Object.entries(kept))('%s', (kind, specs) => {
  test.each(specs)('%s is let in', (spec) => {
    const errors = errorsOf(kind, spec);
    expect(errors.length).toBeGreaterThan(0);
    for (const { istioTakesIt } of errors) expect(istioTakesIt).toBe(true);
  });
});

test('what must be there may not be empty, and a Duration is none when it is', () => {
  const pathsOf = (kind: string, spec: string) => errorsOf(kind, spec).map(({ code, path }) => `${code} ${path}`);
  expect(pathsOf('AuthorizationPolicy', '{action: CUSTOM, provider: {name: ""}, rules: [{}]}')).toEqual([
    'OR1642 spec.provider.name',
  ]);
  expect(pathsOf('VirtualService', withRoute('timeout: ""'))).toEqual(['OR1647 spec.http[0].timeout']);
  expect(pathsOf('VirtualService', rule('route: [{destination: {host: ""}}]'))).toEqual([
    'OR1642 spec.http[0].route[0].destination.host',
  ]);
  expect(pathsOf('VirtualService', rule('route: [{destination: {host: a, port: {number: 0}}}]'))).toEqual([
    'OR1646 spec.http[0].route[0].destination.port.number',
  ]);
  expect(pathsOf('PeerAuthentication', '{mtls: {mode: ""}}')).toEqual(['OR1644 spec.mtls.mode']);
});
