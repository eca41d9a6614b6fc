import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { onDemandAndEager } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { bearer, KeyServer, TestIssuer } from './test-issuer.ts';
import { app, gatewayPod, namespace } from './world.ts';

/** Tokens, real ones, at real proxies: whose are taken, what they allow, and what becomes of that when keys change. */
const envoy = findRequirements();

const ports = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9083, name: 'tcp-echo', speaks: 'tcp' },
];
const world = [
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('server', { ports }),
  app('fresh', { ports }),
  app('client', { namespace: 'outside' }),
  gatewayPod('ingressgateway'),
].join('');

const other = new TestIssuer('other@example.com');
const issuer = new TestIssuer('issuer@example.com');
const keyPort = 7090;

const policy = (kind: string, spec: object, name = 'server') => `
apiVersion: security.istio.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: default}
spec: ${JSON.stringify(spec)}
---`;
const server = { matchLabels: { app: 'server' } };
const tokens = (...jwtRules: object[]) => policy('RequestAuthentication', { selector: server, jwtRules });
const inline = (more: object = {}) => ({ issuer: issuer.issuer, jwks: issuer.keySet, ...more });
const allow = (rule: object) => policy('AuthorizationPolicy', { selector: server, rules: [rule] });
const atGateway = { matchLabels: { istio: 'ingressgateway' } };
const answers = (status: number, match: object) => ({ match: [match], directResponse: { status } });
const gatewayRoutes = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ingress, namespace: default}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: by-claims, namespace: default}
spec: ${JSON.stringify({
  hosts: ['app.example.com'],
  gateways: ['ingress'],
  http: [
    answers(231, { headers: { '@request.auth.claims.groups.team': { exact: 'a' } } }),
    answers(232, { headers: { '@request.auth.claims[roles]': { prefix: 'adm' } } }),
    answers(233, { uri: { prefix: '/none' }, withoutHeaders: { '@request.auth.claims.sub': {} } }),
    { route: [{ destination: { host: 'server', port: { number: 9080 } } }] },
  ],
})}
---`;
const deny = (rule: object) => policy('AuthorizationPolicy', { selector: server, action: 'DENY', rules: [rule] });

describe.skipIf(envoy === undefined).each(Object.entries(onDemandAndEager))('%s', (_, sets) => {
  let mesh: TestMesh;
  let keys: KeyServer;
  beforeAll(async () => {
    const manifests = { 'world.yaml': world };
    mesh = await startMesh({
      ...{ envoy: envoy ?? '', manifests, forwards: { 80: 0 } },
      sets: [...sets, 'mesh.jwksRefreshSeconds=0.2'],
    });
    keys = new KeyServer(issuer);
    await keys.listen(mesh.playground.nodeIp, keyPort);
  });
  afterAll(async () => {
    await keys?.stop();
    await mesh?.stop();
  });
  beforeEach(() => {
    keys.failing = false;
  });

  const url = 'http://server:9080/headers';
  const answer = async (headers: Readonly<Record<string, string>> = {}, to = url) => {
    const { samples } = await mesh.load('default/client', { url: to, headers });
    return samples[0];
  };
  const status = async (token?: string) => (await answer(token === undefined ? {} : bearer(token)))?.status;
  const connected = async (host: string) => {
    const script = `exec 3<>/dev/tcp/${host}/9083; echo ping >&3; timeout 3 head -n 1 <&3 2>/dev/null`;
    return (await mesh.shell('default/client', `bash -c '${script}' || true`)).trim() === 'ping';
  };
  const within = (manifest: string, check: () => Promise<void>) => mesh.during('row.yaml', manifest, check);

  test('a good token passes, as does none; a bad one is a 401 from the next request on', async () => {
    expect(await status(other.token())).toBe(200);
    await within(tokens(inline({ audiences: ['a', 'b'] })), async () => {
      const past = Math.floor(Date.now() / 1000) - 3600;
      const good = issuer.token({ aud: 'a' });
      const stranger = new TestIssuer(issuer.issuer);
      expect(await status(other.token())).toBe(401);
      expect(await status()).toBe(200);
      expect(await status(good)).toBe(200);
      expect(await status(issuer.token({ aud: ['x', 'b'] }, 'ES256'))).toBe(200);
      expect(await status(issuer.token())).toBe(403);
      expect(await status(issuer.token({ aud: 'c' }))).toBe(403);
      expect(await status(issuer.token({ aud: 'a', exp: past }))).toBe(401);
      expect(await status(issuer.token({ aud: 'a', nbf: past + 7200 }))).toBe(401);
      expect(await status(stranger.token({ aud: 'a' }))).toBe(401);
      expect(await status(`${good.slice(0, -4)}AAAA`)).toBe(401);
      expect(await status('x')).toBe(401);
      const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`;
      expect(await status(unsigned)).toBe(401);
    });
    expect(await status(other.token())).toBe(200);
  });

  test('of several issuers each has its tokens; none is taken for another', async () => {
    await within(tokens(inline(), { issuer: other.issuer, jwks: other.keySet }), async () => {
      expect(await status(issuer.token())).toBe(200);
      expect(await status(other.token())).toBe(200);
      expect(await status()).toBe(200);
      expect(await status(issuer.token({ iss: other.issuer }))).toBe(401);
      expect(await status('x')).toBe(401);
    });
  });

  test('where tokens stand, and what the app is told of them', async () => {
    const rule = inline({
      fromHeaders: [{ name: 'x-token', prefix: 'Token ' }],
      fromParams: ['token'],
      fromCookies: ['token'],
      outputPayloadToHeader: 'x-payload',
      outputClaimToHeaders: [
        { header: 'x-subject', claim: 'sub' },
        { header: 'x-team', claim: 'groups.team' },
      ],
    });
    const token = issuer.token({ groups: { team: 'a' } });
    await within(tokens(rule), async () => {
      const told = await answer({ 'x-token': `Token ${token}` });
      const { headers } = JSON.parse(told?.body ?? '{}') as { headers: Record<string, string> };
      expect([headers['x-subject'], headers['x-team'], headers['x-token']]).toEqual(['me', 'a', undefined]);
      expect(JSON.parse(Buffer.from(headers['x-payload'] ?? '', 'base64url').toString())).toMatchObject({ sub: 'me' });
      expect((await answer({ cookie: 'token=x' }))?.status).toBe(401);
      expect((await answer({ cookie: `token=${token}` }))?.status).toBe(200);
      expect((await answer({}, `${url}?token=x`))?.status).toBe(401);
      expect((await answer({}, `${url}?token=${token}`))?.status).toBe(200);
      // Not where this rule looks.
      expect(await status('x')).toBe(200);
    });
    await within(tokens(inline({ forwardOriginalToken: true })), async () => {
      expect((await answer(bearer(token)))?.body).toContain(token);
    });
  });

  test('keys by their address: none is taken before the first, the last good ones stay, new ones come', async () => {
    keys.failing = true;
    const rule = { issuer: issuer.issuer, jwksUri: `http://${mesh.playground.nodeIp}:${keyPort}/keys` };
    await within(tokens(rule), async () => {
      const old = issuer.token();
      expect(await status(old)).toBe(401);
      expect(await status()).toBe(200);
      keys.failing = false;
      await until('the keys are there', async () => ((await status(old)) === 200 ? true : undefined), 10);
      const settled = async (token: string, wanted: number) =>
        await until(`${wanted}`, async () => ((await status(token)) === wanted ? true : undefined), 10);
      keys.failing = true;
      issuer.rotate();
      const fresh = issuer.token();
      await until(
        'the failure is known',
        () => mesh.control().composition.mesh?.tokenKeyStates()?.stale === 1 || undefined,
      );
      expect([await status(old), await status(fresh)]).toEqual([200, 401]);
      keys.failing = false;
      await settled(fresh, 200);
      expect(await status(old)).toBe(401);
    });
  });

  test('keys where the issuer says', async () => {
    const found = new TestIssuer(`http://${mesh.playground.nodeIp}:${keyPort + 1}`);
    const place = new KeyServer(found);
    await place.listen(mesh.playground.nodeIp, keyPort + 1);
    try {
      await within(tokens({ issuer: found.issuer }), async () => {
        await until('they are read', async () => ((await status(found.token())) === 200 ? true : undefined), 10);
        expect(await status(issuer.token())).toBe(401);
      });
    } finally {
      await place.stop();
    }
  });

  test('an address of the control plane is not read, bad keys are left out, and other rules go on', async () => {
    const bad = JSON.stringify({ keys: [{ kty: 'RSA', n: '!', e: 'AQAB' }, { kty: 'new' }, {}] });
    const rules = [
      { issuer: 'local', jwksUri: `http://127.0.0.1:${keyPort}/keys` },
      { issuer: 'bad', jwks: bad },
      inline(),
    ];
    await within(tokens(...rules), async () => {
      expect(await status(issuer.token())).toBe(200);
      expect(await status(issuer.token({ iss: 'local' }))).toBe(401);
      expect(await status(issuer.token({ iss: 'bad' }))).toBe(401);
    });
  });

  test('what tokens say allows and denies', async () => {
    const from = (source: object) => [{ source }];
    const when = (key: string, ...values: string[]) => ({ when: [{ key, values }] });
    const claims = { groups: { team: ['a', 'b'] }, aud: ['x', 'y'], azp: 'app', scope: 'read write' };
    const token = issuer.token(claims);
    const asked = async (rule: object) => {
      let found: unknown;
      await within(`${tokens(inline())}${allow(rule)}`, async () => {
        found = [await status(token), await status()];
      });
      return found;
    };
    const [yes, no] = [
      [200, 403],
      [403, 403],
    ];
    expect(await asked({ from: from({ requestPrincipals: ['*'] }) })).toEqual(yes);
    expect(await asked({ from: from({ requestPrincipals: ['issuer@example.com/me'] }) })).toEqual(yes);
    expect(await asked({ from: from({ requestPrincipals: ['issuer@example.com/*'] }) })).toEqual(yes);
    expect(await asked({ from: from({ requestPrincipals: ['*/you'] }) })).toEqual(no);
    expect(await asked(when('request.auth.principal', 'issuer@example.com/me'))).toEqual(yes);
    expect(await asked(when('request.auth.audiences', 'y'))).toEqual(yes);
    expect(await asked(when('request.auth.presenter', 'app'))).toEqual(yes);
    expect(await asked(when('request.auth.claims[groups][team]', 'b'))).toEqual(yes);
    expect(await asked(when('request.auth.claims[groups][team]', 'c'))).toEqual(no);
    expect(await asked(when('request.auth.claims[scope]', 'write'))).toEqual(yes);
    await within(`${tokens(inline())}${deny({ from: from({ notRequestPrincipals: ['*'] }) })}`, async () => {
      expect([await status(token), await status()]).toEqual([200, 403]);
      expect((await mesh.load('outside/client', { url: 'http://server.default:9080/' })).statuses).toEqual({ 403: 1 });
    });
  });

  test('where there are no requests, ALLOW by tokens lets nobody in and DENY holds for all', async () => {
    const rule = { from: [{ source: { requestPrincipals: ['*'] } }] };
    expect(await connected('server')).toBe(true);
    await within(`${tokens(inline())}${allow(rule)}`, async () => expect(await connected('server')).toBe(false));
    await within(`${tokens(inline())}${deny(rule)}`, async () => expect(await connected('server')).toBe(false));
    await within(tokens(inline()), async () => expect(await connected('server')).toBe(true));
  });

  test('the first request to a host that was never used obeys', async () => {
    const rules = `${policy('RequestAuthentication', { jwtRules: [inline()] }, 'all')}${policy('AuthorizationPolicy', {
      selector: { matchLabels: { app: 'fresh' } },
      rules: [{ from: [{ source: { requestPrincipals: ['*'] } }] }],
    })}`;
    await within(rules, async () => {
      const first = 'http://fresh:9080/headers';
      expect((await answer({}, first))?.status).toBe(403);
      expect((await answer(bearer('x'), first))?.status).toBe(401);
      expect((await answer(bearer(issuer.token()), first))?.status).toBe(200);
    });
  });

  test('a gateway checks tokens, chooses routes by claims, and lets in by them', async () => {
    const port = mesh.playground.forwards.get(80) ?? 0;
    const ask = async (token: string | undefined, path = '/headers') => {
      const headers = { host: 'app.example.com', ...(token === undefined ? {} : bearer(token)) };
      const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`, { headers });
      await body.dump();
      return statusCode;
    };
    const rule = policy('RequestAuthentication', { selector: atGateway, jwtRules: [inline()] }, 'gateway');
    await within(`${gatewayRoutes}${rule}`, async () => {
      await until('the gateway listens', async () => ((await ask(undefined)) === 200 ? true : undefined));
      expect(await ask('x')).toBe(401);
      expect(await ask(issuer.token())).toBe(200);
      expect(await ask(issuer.token({ groups: { team: 'a' } }))).toBe(231);
      expect(await ask(issuer.token({ groups: { team: ['b', 'a'] } }))).toBe(231);
      expect(await ask(issuer.token({ groups: 'a' }))).toBe(200);
      expect(await ask(issuer.token({ roles: ['user', 'admin'] }))).toBe(232);
      expect(await ask(undefined, '/none')).toBe(233);
      expect(await ask(issuer.token(), '/none')).not.toBe(233);
      const allowed = policy(
        'AuthorizationPolicy',
        { selector: atGateway, rules: [{ from: [{ source: { requestPrincipals: ['*/me'] } }] }] },
        'gateway',
      );
      await mesh.apply('more.yaml', allowed);
      try {
        await until('it holds', async () => ((await ask(undefined)) === 403 ? true : undefined));
        expect([await ask(issuer.token()), await ask(issuer.token({ sub: 'you' }))]).toEqual([200, 403]);
      } finally {
        await mesh.remove('more.yaml');
      }
    });
  });
});
