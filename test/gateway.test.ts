import { describe, expect, test } from 'vitest';
import {
  app,
  decoded,
  gatewayOf,
  gatewayYaml,
  httpServer,
  injectedGatewayPod,
  linesOf,
  routes,
} from './gateway-fixture.ts';

const two = app('a', '10.0.0.1') + app('b', '10.0.0.2');
const to = (host: string, more = '') => `http: [{${more}route: [{destination: {host: ${host}, port: {number: 80}}}]}]`;
const faults = (all: ReturnType<ReturnType<typeof gatewayOf>['gateway']>) =>
  all.problems.map(({ fault, message }) => `${fault}: ${message}`);

const tlsServer = (name: string, hosts: string, tls: string, protocol = 'HTTPS') =>
  `{port: {number: 443, name: ${name}, protocol: ${protocol}}, hosts: [${hosts}], tls: {${tls}}}`;

describe('HTTP', () => {
  test('a port of the Service becomes the port of the pod; hosts are those that both sides have', () => {
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', httpServer('"*.a.com", b.com')),
      routes('v', `hosts: [x.a.com, b.com, c.com], gateways: [g], ${to('a')}`),
    );
    expect(linesOf(gateway())).toEqual([
      '*:8080',
      '  http.8080',
      '    x.a.com:80',
      '      prefix / -> outbound|80||a.default.svc.cluster.local',
      '    b.com:80',
      '      prefix / -> outbound|80||a.default.svc.cluster.local',
    ]);
    expect(gateway().clusters.map(({ name }) => name)).toEqual(['outbound|80||a.default.svc.cluster.local']);
    expect(gateway().problems).toEqual([]);
  });

  test('without a VirtualService everything is a 404', () => {
    const { gateway } = gatewayOf(gatewayYaml('g', httpServer('a.com')));
    expect(linesOf(gateway())).toEqual(['*:8080', '  http.8080', '    blackhole:80']);
  });

  test('rules for one host stand in order of age, those for every request behind all others', () => {
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', httpServer('a.com')),
      routes('v', `hosts: [a.com], gateways: [g], ${to('a')}`),
      routes('vv', `hosts: [a.com], gateways: [default/g], ${to('b', 'match: [{uri: {prefix: /b}}], ')}`),
      routes('vvv', `hosts: [a.com], gateways: [g], ${to('b')}`),
    );
    expect(linesOf(gateway()).slice(3)).toEqual([
      '      prefix /b -> outbound|80||b.default.svc.cluster.local',
      '      prefix / -> outbound|80||a.default.svc.cluster.local',
    ]);
  });

  test.each([
    ['*/a.com', 1],
    ['a.com', 1],
    ['./a.com', 0],
    ['shop/a.com', 1],
    ['other/a.com', 0],
  ])('hosts of a server may be for the VirtualServices of one namespace alone: %s', (host, found) => {
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', httpServer(JSON.stringify(host))),
      routes('v', `hosts: [a.com], gateways: [default/g], ${to('a.default.svc.cluster.local')}`, 'shop'),
    );
    expect(linesOf(gateway()).filter((line) => line.includes('a.com'))).toHaveLength(found);
  });

  test.each([
    ['".", default', 0],
    ['istio-system', 1],
    ['"*"', 1],
  ])('a VirtualService that is exported to %s is seen by the gateway, or not', (exportTo, found) => {
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', httpServer('a.com')),
      routes('v', `hosts: [a.com], gateways: [g], exportTo: [${exportTo}], ${to('a')}`),
    );
    expect(linesOf(gateway()).filter((line) => line.includes('a.com'))).toHaveLength(found);
  });

  test('rules for the mesh, for other gateways and for other ports do not count', () => {
    const match = (text: string) => `http: [{match: [{${text}}], route: [{destination: {host: a}}]}]`;
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', httpServer('"*"')),
      routes('v', `hosts: [a.com], gateways: [mesh, g], ${match('gateways: [mesh]')}`),
      routes('w', `hosts: [b.com], gateways: [g], ${match('port: 81')}`),
      routes('x', `hosts: [c.com], gateways: [g], ${match('port: 80, gateways: [g]')}`),
      routes('yy', `hosts: [d.com], gateways: [other], ${to('a')}`),
      routes('z', `hosts: [e.com], gateways: [g.default.svc.cluster.local], ${to('a')}`),
    );
    expect(linesOf(gateway()).filter((line) => line.includes('.com'))).toEqual(['    c.com:80', '    e.com:80']);
  });

  test('httpsRedirect is for every host of the server, those without a VirtualService, too', () => {
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', `${httpServer('a.com, b.com', ', tls: {httpsRedirect: true}')}`),
      gatewayYaml('gg', httpServer('c.com')),
      routes('v', `hosts: [a.com, c.com], gateways: [g, gg], ${to('a')}`),
    );
    expect(linesOf(gateway()).filter((line) => line.includes('.com:'))).toEqual([
      '    a.com:80 -> https',
      '    b.com:80 -> https',
      '    c.com:80',
    ]);
  });

  test('what the gateway does not see is told, and has no cluster', () => {
    const { gateway } = gatewayOf(
      gatewayYaml('g', httpServer('a.com')),
      routes('v', `hosts: [a.com], gateways: [g], ${to('nobody')}`),
    );
    expect(faults(gateway())).toEqual([
      'unknown-destination: outbound|80||nobody.default.svc.cluster.local is no service, port or subset that the gateway sees: requests for it get a 503',
    ]);
  });

  test('a headless service is balanced over: clients of a gateway know no pod', () => {
    const headless =
      'apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {clusterIP: None, selector: {app: a}, ports: [{name: http, port: 80}]}\n---\n';
    const { gateway } = gatewayOf(
      app('a', '10.0.0.1'),
      headless,
      gatewayYaml('g', httpServer('a.com')),
      routes('v', `hosts: [a.com], gateways: [g], ${to('db')}`),
    );
    expect(gateway().clusters[0]?.discovery).toMatchObject({ kind: 'eds' });
    expect(gateway().listeners[0]?.servers[0]).toMatchObject({
      virtualHosts: [{ routes: [{ action: { keepAddress: false } }] }],
    });
  });
});

describe('TLS', () => {
  test('each server has its certificate, its names and its routes', () => {
    const { gateway } = gatewayOf(
      two,
      gatewayYaml(
        'g',
        [
          tlsServer('one', 'a.com, "./b.com"', 'mode: SIMPLE, credentialName: one'),
          tlsServer('two', '"*"', 'mode: MUTUAL, credentialName: two, minProtocolVersion: TLSV1_3'),
        ].join(', '),
      ),
      routes('v', `hosts: [a.com], gateways: [g], ${to('a')}`),
    );
    expect(linesOf(gateway())).toEqual([
      '*:8443',
      '  https.443.one.g.default simple [kubernetes://one] sni a.com b.com',
      '    a.com:443',
      '      prefix / -> outbound|80||a.default.svc.cluster.local',
      '  https.443.two.g.default mutual [kubernetes://two]',
      '    a.com:443',
      '      prefix / -> outbound|80||a.default.svc.cluster.local',
    ]);
    expect(gateway().listeners[0]?.servers[1]?.tls).toMatchObject({
      ca: 'kubernetes://two-cacert',
      minVersion: 'TLSv1_3',
    });
  });

  test('passes TLS on by the names that both sides have', () => {
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', tlsServer('tls', '"*.a.com"', 'mode: PASSTHROUGH', 'TLS')),
      routes(
        'v',
        'hosts: [x.a.com, y.b.com], gateways: [g], tls: [{match: [{sniHosts: [x.a.com, y.b.com]}], route: [{destination: {host: a}}]}]',
      ),
    );
    expect(linesOf(gateway())).toEqual(['*:8443', '  tcp sni x.a.com -> outbound|80||a.default.svc.cluster.local']);
  });

  test('ends TLS for TCP, and takes TCP as it is', () => {
    const tcp = 'tcp: [{match: [{port: 443}], route: [{destination: {host: a}}]}, {route: [{destination: {host: b}}]}]';
    const { gateway } = gatewayOf(
      two,
      gatewayYaml('g', tlsServer('tls', 'a.com', 'mode: ISTIO_MUTUAL', 'TLS')),
      gatewayYaml('gg', '{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"]}'),
      routes('v', `hosts: [a.com], gateways: [g, gg], ${tcp}`),
    );
    expect(linesOf(gateway())).toEqual([
      '*:8443',
      '  tcp mesh [] sni a.com -> outbound|80||a.default.svc.cluster.local',
      '*:9000',
      '  tcp -> outbound|80||b.default.svc.cluster.local',
    ]);
  });

  test.each([
    ['other/cert', ['foreign-secret']],
    ['kubernetes://other/cert', ['foreign-secret']],
    ['istio-system/cert', []],
    ['kubernetes://cert', []],
    ['sds://elsewhere', ['not-yet']],
  ])('certificates are of the namespace of the gateway: %s', (name, expected) => {
    const { gateway } = gatewayOf(gatewayYaml('g', tlsServer('t', 'a.com', `mode: SIMPLE, credentialName: "${name}"`)));
    expect(gateway().problems.map(({ fault }) => fault)).toEqual(expected);
  });
});

describe('what cannot be is left out and told', () => {
  test('servers of one port that speak differently, or have a host in common', () => {
    const { gateway } = gatewayOf(
      gatewayYaml('g', tlsServer('t', 'a.com', 'mode: SIMPLE, credentialName: c')),
      gatewayYaml('gg', '{port: {number: 443, name: http, protocol: HTTP}, hosts: [a.com]}'),
      gatewayYaml('ggg', tlsServer('t', 'b.com, a.com', 'mode: SIMPLE, credentialName: c')),
    );
    expect(linesOf(gateway()).filter((line) => line.includes('http'))).toEqual([
      '  https.443.t.g.default simple [kubernetes://c] sni a.com',
    ]);
    expect(faults(gateway())).toEqual([
      'protocol-conflict: port 8443 speaks HTTPS for Gateway default/g spec.servers[0] (test.yaml:2:1)',
      'duplicate-host: a.com on port 8443 is served by Gateway default/g spec.servers[0] (test.yaml:2:1) already',
    ]);
  });

  test('ports that the proxy cannot listen on', () => {
    const port = (number: number) => `{port: {number: ${number}, name: p${number}, protocol: HTTP}, hosts: ["*"]}`;
    const { gateway } = gatewayOf(gatewayYaml('g', [81, 15_021, 8081].map(port).join(', ')));
    expect(linesOf(gateway())[0]).toBe('*:8081');
    expect(gateway().problems.map(({ fault }) => fault)).toEqual(['privileged-port', 'reserved-port']);
  });

  test('a gateway of our template may listen below 1024', () => {
    const { gateway } = gatewayOf(
      gatewayYaml('g', '{port: {number: 81, name: p, protocol: HTTP}, hosts: ["*"]}'),
      injectedGatewayPod,
    );
    expect(linesOf(gateway())[0]).toBe('*:81');
  });

  test('mutual TLS of the mesh goes on by its server name, to subsets, too, and to those alone that take it', () => {
    const meshed = app('a', '10.0.1.1').replace(
      'containers: [{name: app}]',
      'containers: [{name: app}, {name: istio-proxy}]',
    );
    const { gateway, config } = gatewayOf(
      meshed.replace('labels: {app: a}', 'labels: {app: a, security.istio.io/tlsMode: istio}'),
      app('b', '10.0.1.2'),
      app('c', '10.0.1.3'),
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {host: a, subsets: [{name: v1, labels: {app: a}}]}',
      gatewayYaml(
        'g',
        tlsServer(
          't',
          '"a.default.svc.cluster.local", "istio-system/*", "./b.default.svc.cluster.local"',
          'mode: AUTO_PASSTHROUGH',
          'TLS',
        ),
      ),
    );
    const own = (name: string) => `  tcp sni ${name} -> ${name}`;
    const gw = [80, 443, 9000].map((port) => own(`outbound_.${port}_._.gw.istio-system.svc.cluster.local`));
    expect(linesOf(gateway()).sort()).toEqual(
      [
        '*:8443',
        ...gw,
        ...['a', 'b'].map((name) => own(`outbound_.80_._.${name}.default.svc.cluster.local`)),
        own('outbound_.80_.v1_.a.default.svc.cluster.local'),
      ].sort(),
    );
    expect(gateway().problems).toEqual([]);
    const [a, b] = ['a', 'b'].map((name) => `outbound_.80_._.${name}.default.svc.cluster.local`);
    expect(JSON.stringify(decoded(config().named('cluster', a ?? '')))).not.toContain('transport_socket');
    expect(JSON.stringify(decoded(config().named('endpoint', a ?? '')))).toContain('10.0.1.1');
    expect(JSON.stringify(decoded(config().named('endpoint', b ?? '')))).not.toContain('10.0.1.2');
  });

  test('names that TLS cannot have', () => {
    const { gateway } = gatewayOf(gatewayYaml('gg', tlsServer('t', '"*-a.com"', 'mode: SIMPLE, credentialName: c')));
    expect(gateway().listeners).toEqual([]);
    expect(gateway().problems.map(({ fault }) => fault)).toEqual(['unfit-server-name']);
  });
});

const example = `
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata:
  name: myapp-gateway
spec:
  selector:
    istio: ingressgateway
  servers:
  - port:
      number: 443
      name: https
      protocol: HTTPS
    tls:
      mode: SIMPLE
      credentialName: myapp-tls
    hosts:
    - myapp.example.com
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata:
  name: myapp-external
spec:
  hosts:
  - myapp.example.com
  gateways:
  - myapp-gateway
  http:
  - route:
    - destination:
        host: myapp
        port:
          number: 80
`;

test('the example of a user', () => {
  const { gateway } = gatewayOf(app('myapp', '10.0.0.3'), example);
  expect(linesOf(gateway())).toEqual([
    '*:8443',
    '  https.443.https.myapp-gateway.default simple [kubernetes://myapp-tls] sni myapp.example.com',
    '    myapp.example.com:443',
    '      prefix / -> outbound|80||myapp.default.svc.cluster.local',
  ]);
});
