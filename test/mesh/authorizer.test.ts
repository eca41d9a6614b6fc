import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { onDemandAndEager } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { startAuthorizer, type TestAuthorizer } from './test-authorizer.ts';
import { bearer, TestIssuer } from './test-issuer.ts';
import { app, gatewayPod, namespace } from './world.ts';

/** Policies of action CUSTOM: real proxies ask a real server, by HTTP and by gRPC. */
const envoy = findRequirements();

const ports = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9083, name: 'tcp-echo', speaks: 'tcp' },
];
const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('server', { ports }),
  app('fresh', { ports }),
  gatewayPod('ingressgateway'),
].join('');

const asked = { http: 7100, grpc: 7101 };
const service = 'authorizer.example.com';
const overHttp = {
  ...{ service, port: asked.http, pathPrefix: '/check', timeout: '2s' },
  includeRequestHeadersInCheck: ['x-ext-*'],
  includeAdditionalHeadersInCheck: { 'x-from': 'mesh' },
  headersToUpstreamOnAllow: ['x-verdict'],
  headersToDownstreamOnDeny: ['x-verdict'],
};
const overGrpc = { service, port: asked.grpc, timeout: '2s' };
const providers = [
  { name: 'by-http', envoyExtAuthzHttp: overHttp },
  { name: 'by-grpc', envoyExtAuthzGrpc: overGrpc },
  { name: 'open', envoyExtAuthzHttp: { ...overHttp, port: 7199, failOpen: true } },
  { name: 'closed', envoyExtAuthzHttp: { ...overHttp, port: 7199, statusOnError: '503' } },
  { name: 'nowhere', envoyExtAuthzHttp: { ...overHttp, service: 'nowhere.example.com' } },
];
const entry = (ip: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: authorizer, namespace: default}
spec:
  hosts: [${service}]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: 7100, name: http, protocol: HTTP}, {number: 7101, name: grpc, protocol: GRPC}, {number: 7199, name: http-none, protocol: HTTP}]
  endpoints: [{address: ${ip}}]
---`;

const policy = (spec: object, name = 'server') => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: default}
spec: ${JSON.stringify(spec)}
---`;
const server = { matchLabels: { app: 'server' } };
const custom = (provider: string, rule: object = {}, selector: object = server) =>
  policy({ selector, action: 'CUSTOM', provider: { name: provider }, rules: [rule] });
const headers = { to: [{ operation: { paths: ['/headers'] } }] };

describe.skipIf(envoy === undefined).each(Object.entries(onDemandAndEager))('%s', (_, sets) => {
  let mesh: TestMesh;
  let authorizer: TestAuthorizer;
  beforeAll(async () => {
    mesh = await startMesh({
      ...{ envoy: envoy ?? '', manifests: { 'world.yaml': world }, forwards: { 80: 0 } },
      sets: [...sets, 'mesh.trustDomainAliases=old.example', `mesh.extensionProviders=${JSON.stringify(providers)}`],
    });
    authorizer = await startAuthorizer(mesh.playground.nodeIp, asked);
    await mesh.apply('authorizer.yaml', entry(mesh.playground.nodeIp));
  });
  afterAll(async () => {
    await authorizer?.stop();
    await mesh?.stop();
  });
  beforeEach(() => {
    authorizer.asked.length = 0;
    authorizer.calls.length = 0;
    authorizer.verdict = 'deny';
  });

  const ask = async (given: Readonly<Record<string, string>> = {}, url = 'http://server:9080/headers') =>
    (await mesh.load('default/client', { url, headers: given })).samples[0];
  const good = { 'x-ext-authz': 'let-me-in' };
  const connected = async (host: string) => {
    const script = `exec 3<>/dev/tcp/${host}/9083; echo ping >&3; timeout 3 head -n 1 <&3 2>/dev/null`;
    return (await mesh.shell('default/client', `bash -c '${script}' || true`)).trim() === 'ping';
  };
  const within = (manifest: string, check: () => Promise<void>) => mesh.during('row.yaml', manifest, check);

  test('by HTTP: asked about what the rules fit, and told what it is to be told', async () => {
    expect((await ask())?.status).toBe(200);
    await within(custom('by-http', headers), async () => {
      const denied = await ask({ 'x-ext-authz': 'x', 'x-other': 'y' });
      expect([denied?.status, denied?.body, denied?.headers['x-verdict']]).toEqual([403, 'not you', 'bad']);
      const [question] = authorizer.asked;
      expect([question?.method, question?.url]).toEqual(['GET', '/check/headers']);
      expect(question?.headers).toMatchObject({ 'x-ext-authz': 'x', 'x-from': 'mesh' });
      expect(question?.headers['x-other']).toBeUndefined();
      const allowed = await ask(good);
      expect(allowed?.status).toBe(200);
      expect(allowed?.body).toContain('"x-verdict":"good"');
      expect(authorizer.asked).toHaveLength(2);
      expect((await ask({}, 'http://server:9080/count'))?.status).toBe(200);
      expect((await ask({}, 'http://fresh:9080/headers'))?.status).toBe(200);
      expect(authorizer.asked).toHaveLength(2);
    });
    expect((await ask())?.status).toBe(200);
    expect(authorizer.asked).toHaveLength(2);
  });

  test('by gRPC: requests, and connections', async () => {
    await within(custom('by-grpc'), async () => {
      expect((await ask())?.status).toBe(403);
      expect((await ask(good))?.status).toBe(200);
      expect(authorizer.calls).toHaveLength(2);
      expect(authorizer.calls[0]?.includes('/headers')).toBe(true);
      expect(await connected('server')).toBe(false);
      authorizer.verdict = 'allow';
      expect(await connected('server')).toBe(true);
      expect(authorizer.calls).toHaveLength(4);
    });
  });

  test('connections: what HTTP attributes cannot be seen of is asked about all the same, by HTTP nobody is', async () => {
    await within(custom('by-grpc', headers), async () => expect(await connected('server')).toBe(false));
    await within(custom('by-http', headers), async () => expect(await connected('server')).toBe(true));
  });

  test('who cannot be reached denies, unless the provider says otherwise', async () => {
    await within(custom('closed', headers), async () => {
      expect((await ask(good))?.status).toBe(503);
      expect((await ask({}, 'http://server:9080/count'))?.status).toBe(200);
    });
    await within(custom('open', headers), async () => expect((await ask())?.status).toBe(200));
  });

  test('who is not known, and one of two, is a denial of what the policy is for', async () => {
    for (const provider of ['unknown', 'nowhere']) {
      await within(custom(provider, headers), async () => {
        expect((await ask(good))?.status).toBe(403);
        expect((await ask({}, 'http://server:9080/count'))?.status).toBe(200);
      });
    }
    const second = policy({ action: 'CUSTOM', provider: { name: 'by-grpc' }, rules: [headers] }, 'second');
    await within(`${custom('by-http', headers)}${second}`, async () => {
      expect((await ask(good))?.status).toBe(403);
      expect((await ask(good, 'http://fresh:9080/headers'))?.status).toBe(200);
    });
  });

  test('it is asked first, then tokens are read, then the other policies are', async () => {
    const issuer = new TestIssuer('issuer@example.com');
    const tokens = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: default}
spec: ${JSON.stringify({ selector: server, jwtRules: [{ issuer: issuer.issuer, jwks: issuer.keySet }] })}
---`;
    const deny = policy(
      { selector: server, action: 'DENY', rules: [{ from: [{ source: { notRequestPrincipals: ['*/me'] } }] }] },
      'deny',
    );
    await within(`${custom('by-http')}${tokens}${deny}`, async () => {
      const verdicts = [
        await ask(bearer('x')),
        await ask({ ...good, ...bearer('x') }),
        await ask({ ...good, ...bearer(issuer.token({ sub: 'you' })) }),
        await ask({ ...good, ...bearer(issuer.token()) }),
      ].map((sample) => `${sample?.status} ${sample?.headers['x-verdict'] ?? ''}`);
      expect(verdicts).toEqual(['403 bad', '401 ', '403 ', '200 ']);
    });
  });

  test('the first request to a host that was never used obeys, and a Sidecar does not hide who is asked', async () => {
    const sidecar = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: narrow, namespace: default}
spec: {workloadSelector: {labels: {app: fresh}}, egress: [{hosts: ["./client.default.svc.cluster.local"]}]}
---`;
    await within(`${sidecar}${custom('by-grpc', {}, { matchLabels: { app: 'fresh' } })}`, async () => {
      expect((await ask({}, 'http://fresh:9080/headers'))?.status).toBe(403);
      expect((await ask(good, 'http://fresh:9080/headers'))?.status).toBe(200);
    });
  });

  test('a gateway asks, too', async () => {
    const port = mesh.playground.forwards.get(80) ?? 0;
    const from = async (given: Readonly<Record<string, string>>) => {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/headers`, {
        headers: { host: 'app.example.com', ...given },
      });
      await body.dump();
      return statusCode;
    };
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
    const atGateway = { matchLabels: { istio: 'ingressgateway' } };
    for (const provider of ['by-http', 'by-grpc']) {
      await within(`${routes}${custom(provider, {}, atGateway)}`, async () => {
        await until('the gateway listens', async () => ((await from(good)) === 200 ? true : undefined));
        expect([await from({}), await from(good)]).toEqual([403, 200]);
      });
    }
    await within(`${routes}${custom('unknown', {}, atGateway)}`, async () => {
      await until('the gateway listens', async () => ((await from(good)) === 403 ? true : undefined));
    });
  });

  const trial = (spec: object) =>
    policy(spec, 'trial').replace(
      'namespace: default}',
      'namespace: default, annotations: {istio.io/dry-run: "true"}}',
    );
  const noted = (key: string, ...values: string[]) =>
    policy({
      selector: server,
      rules: [{ when: [{ key: `experimental.envoy.filters.http.rbac[${key}]`, values }] }],
    });

  test('a trial and an audit enforce nothing; what they found is metadata that other policies can ask for', async () => {
    const denied = { selector: server, action: 'DENY', rules: [headers] };
    const audit = policy({ selector: server, action: 'AUDIT', rules: [{}] }, 'audit');
    await within(`${trial(denied)}${audit}`, async () => expect((await ask())?.status).toBe(200));
    await within(`${trial({ selector: server })}`, async () => expect((await ask())?.status).toBe(200));
    const note = 'istio_dry_run_deny_shadow_engine_result';
    await within(`${trial(denied)}${audit}${noted(note, 'allowed')}`, async () => {
      expect((await ask())?.status).toBe(403);
      expect((await ask({}, 'http://server:9080/count'))?.status).toBe(200);
    });
    await within(`${trial(denied)}${noted(note, '[denied]', 'none')}`, async () => {
      expect((await ask())?.status).toBe(403);
    });
    await within(`${trial(denied)}${noted(note, 'den*')}`, async () => expect((await ask())?.status).toBe(200));
  });

  test('principals of another trust domain that counts as ours', async () => {
    const allow = (principal: string) =>
      policy({ selector: server, rules: [{ from: [{ source: { principals: [principal] } }] }] });
    for (const [principal, status] of [
      ['old.example/ns/default/sa/client', 200],
      ['cluster.local/ns/default/sa/client', 200],
      ['*example/ns/default/sa/client', 200],
      ['foreign.example/ns/default/sa/client', 403],
      ['old.example/ns/default/sa/other', 403],
    ] as const) {
      await within(allow(principal), async () =>
        expect([principal, (await ask())?.status]).toEqual([principal, status]),
      );
      expect(await connected('server')).toBe(true);
    }
  });

  test('templates of paths', async () => {
    const allow = (...paths: string[]) => policy({ selector: server, rules: [{ to: [{ operation: { paths } }] }] });
    const statuses = async (...paths: string[]) =>
      await Promise.all(paths.map(async (path) => (await ask({}, `http://server:9080${path}`))?.status === 403));
    await within(allow('/a/{*}/c', '/d/{**}', '/e/{**}/f.txt'), async () => {
      expect(await statuses('/a/b/c', '/a/b/c?x=y', '/d/e', '/d/e/f', '/e/x/f.txt', '/e/x/y/f.txt')).toEqual(
        Array(6).fill(false),
      );
      expect(await statuses('/a/c', '/a/b/b/c', '/a/b/c/d', '/x/d/e', '/e/x/f', '/count')).toEqual(Array(6).fill(true));
    });
  });
});
