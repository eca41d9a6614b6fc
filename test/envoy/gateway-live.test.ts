import { request } from 'node:https';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { GatewayConfig } from '../../src/discovery/gateway-config.ts';
import type { EncodedResource, Message, XdsType } from '../../src/xds/resource.ts';
import { certificateSecret, trustSecret } from '../../src/xds/secrets/secrets.ts';
import { app, decoded, gatewayOf, gatewayYaml, routes } from '../gateway-fixture.ts';
import { objectsOf } from '../mesh-fixture.ts';
import { findEnvoy } from './binary.ts';
import { until } from './condition.ts';
import { argumentsFor, ask, bootstrapInput, freePorts, podIp, startEnvoy, writePodFiles } from './running-envoy.ts';
import { startHttpApp } from './test-app.ts';
import { selfSigned, type TestCertificate } from './test-certificates.ts';
import { type HandMade, startWirePlane } from './wire-plane.ts';

const binary = findEnvoy('envoy');
const host = 'localhost';
const identity = selfSigned(host);

const own: Readonly<Record<string, Message>> = {
  default: certificateSecret('default', { chainPem: identity.certificate, keyPem: identity.key }).message,
  ROOTCA: trustSecret('ROOTCA', identity.certificate).message,
};

/** All that a gateway has now, for our server to send. */
function everythingOf(config: GatewayConfig): HandMade {
  const { routes: names, endpointsOf, secretNames, extensions } = config.parts.resources;
  const messages = (list: Iterable<EncodedResource>) =>
    Object.fromEntries([...list].map((resource) => [resource.name, decoded(resource)]));
  const named = (type: XdsType, all: Iterable<string>) =>
    messages([...all].flatMap((name) => config.named(type, name) ?? []));
  return {
    wildcard: {
      cluster: messages(config.wildcard('cluster').values()),
      listener: messages(config.wildcard('listener').values()),
    },
    named: {
      route: named('route', names.keys()),
      endpoint: named('endpoint', endpointsOf.keys()),
      extension: named('extension', extensions.keys()),
      secret: { ...own, ...named('secret', secretNames) },
    },
  };
}

interface TlsAnswer {
  /** Of the certificate that was shown. */
  readonly fingerprint: string;
  readonly body: string;
}

function askTls(port: number, name: string): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: podIp, port, servername: name, headers: { host: name }, rejectUnauthorized: false };
    const asked = request({ ...options, agent: false }, (response) => {
      const { socket } = response;
      const fingerprint = socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : '';
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () => resolve({ fingerprint, body }));
    });
    asked.on('error', reject);
    asked.setTimeout(3_000, () => asked.destroy(new Error('no answer')));
    asked.end();
  });
}

const secretYaml = (name: string, { certificate, key }: TestCertificate) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'istio-system' },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': certificate, 'tls.key': key },
  });

describe.skipIf(binary === undefined)('a gateway', () => {
  const stopping: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop();
  });

  async function backend(name: string): Promise<string> {
    const [port = 0] = await freePorts(1);
    const server = await startHttpApp(port, podIp, (request, response) =>
      response.end(JSON.stringify({ name, headers: request.headers })),
    );
    stopping.push(() => server.close());
    return app(name, podIp, port);
  }

  test('takes requests by Host and server name, believes nobody; a missing Secret harms its own listener alone', async () => {
    const apps = (await backend('a')) + (await backend('b'));
    const [plain = 0, secured = 0, missing = 0] = await freePorts(3);
    const https = (port: number, name: string) =>
      `{port: {number: ${port}, name: ${name}, protocol: HTTPS}, hosts: ["*.com"], tls: {mode: SIMPLE, credentialName: ${name}}}`;
    const { registry, config } = gatewayOf(
      apps,
      gatewayYaml('g', `{port: {number: ${plain}, name: http, protocol: HTTP}, hosts: ["*"]}`),
      gatewayYaml('gg', `${https(secured, 'one')}, ${https(missing, 'two')}`),
      routes('v', 'hosts: [a.com], gateways: [g, gg], http: [{route: [{destination: {host: a}}]}]'),
      routes('vv', 'hosts: [b.com], gateways: [g, gg], http: [{route: [{destination: {host: b}}]}]'),
    );
    const first = selfSigned('a.com');
    registry.apply({ upserts: objectsOf(secretYaml('one', first)), removals: [] });
    const control = await startWirePlane(identity, { resources: everythingOf(config()) });
    stopping.push(control.stop);
    const root = writePodFiles({ token: 'the-token', rootCertificate: identity.certificate });
    const [statusPort = 0, adminPort = 0, readyPort = 0, metricsPort = 0] = await freePorts(4);
    const ports = { statusPort, adminPort, readyPort, metricsPort };
    const input = bootstrapInput({ ...ports, proxyType: 'router', discovery: { host, port: control.port } });
    const proxy = startEnvoy(binary ?? '', argumentsFor(input, root), root);
    stopping.push(proxy.stop);

    const get = async (name: string, headers = {}) => ask(plain, '/', { headers: { host: name, ...headers } });
    const answer = await until(
      () => `${proxy.log()} ${control.log}`,
      async () => {
        const got = await get('a.com', { 'x-outrigger-peer': 'liar', 'x-forwarded-client-cert': 'By=liar' }).catch(
          () => undefined,
        );
        return got?.status === 200 ? got : undefined;
      },
      30,
    );
    const seen = JSON.parse(answer.body);
    expect(seen.name).toBe('a');
    expect(seen.headers['x-outrigger-peer']).toContain('istio-system');
    expect(seen.headers['x-forwarded-client-cert']).toBeUndefined();
    expect(JSON.parse((await get(`b.com:${plain}`)).body).name).toBe('b');
    expect((await get('c.com')).status).toBe(404);

    const { fingerprint, body } = await askTls(secured, 'b.com');
    expect(JSON.parse(body).name).toBe('b');
    await expect(askTls(missing, 'a.com')).rejects.toThrow();

    registry.apply({
      upserts: [...objectsOf(secretYaml('one', selfSigned('new.com'))), ...objectsOf(secretYaml('two', first))],
      removals: [],
    });
    control.set(everythingOf(config()));
    await until(
      'the new certificate',
      async () => (await askTls(secured, 'a.com')).fingerprint !== fingerprint || undefined,
      10,
    );
    const late = await until('the Secret that was missing', () => askTls(missing, 'a.com').catch(() => undefined), 20);
    expect(late.fingerprint).toBe(fingerprint);
    expect(control.rejected).toEqual([]);
  });
});
