import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOutrigger } from '../cluster/outrigger.ts';
import { app, gatewayPod, namespace } from '../mesh/world.ts';

const istio = (kind: string, name: string, spec: string, metadata = '') => `
apiVersion: ${/Policy|Authentication/.test(kind) ? 'security' : 'networking'}.istio.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: shop${metadata}}
spec: ${spec}
---`;
const inShop = { namespace: 'shop' };

const world = [
  ...[
    namespace('default', 'meshed'),
    namespace('shop', 'meshed'),
    namespace('plain', 'plain'),
    gatewayPod('ingressgateway'),
  ],
  app('cart', { ...inShop, versions: ['v1', 'v2'], ports: [{ port: 9080, name: 'web', speaks: 'http' }] }),
  app('outside', { namespace: 'plain' }),
  istio(
    'DestinationRule',
    'cart',
    `{host: cart, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}, subsets: [
    {name: v1, labels: {version: v1}}, {name: v3, labels: {version: v3}}]}`,
  ),
  istio(
    'VirtualService',
    'cart',
    `{hosts: [cart], http: [
    {match: [{uri: {prefix: /api}, headers: {end-user: {exact: jason}}}, {method: {exact: POST}}], timeout: 2s, retries: {attempts: 3},
     route: [{destination: {host: cart, subset: v1}, weight: 3}, {destination: {host: cart, subset: v9}, weight: 1}, {destination: {host: cart, subset: v3}, weight: 1}],
     fault: {delay: {fixedDelay: 7s, percentage: {value: 10}}, abort: {httpStatus: 500}}, mirror: {host: cart, subset: v1}},
    {match: [{uri: {exact: /old}}], redirect: {uri: /new}}, {route: [{destination: {host: cart}}], rewrite: {uri: /}}]}`,
    ", creationTimestamp: '2020-01-01T00:00:00Z'",
  ),
  istio(
    'VirtualService',
    'hidden',
    '{hosts: [cart.shop.svc.cluster.local], http: [{route: [{destination: {host: cart}}]}]}',
    ", creationTimestamp: '2021-01-01T00:00:00Z'",
  ),
  istio(
    'VirtualService',
    'entry',
    `{hosts: [shop.example.com], gateways: [front, gone],
    http: [{route: [{destination: {host: cart}}]}]}`,
  ),
  istio(
    'Gateway',
    'front',
    '{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}]}',
  ),
  istio(
    'PeerAuthentication',
    'cart',
    '{selector: {matchLabels: {app: cart}}, mtls: {mode: STRICT}, portLevelMtls: {"9080": {mode: PERMISSIVE}}}',
  ),
  istio(
    'AuthorizationPolicy',
    'readers',
    '{selector: {matchLabels: {app: cart}}, rules: [{from: [{source: {namespaces: [shop]}}]}]}',
  ),
  istio(
    'AuthorizationPolicy',
    'tried',
    '{action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}',
    ', annotations: {istio.io/dry-run: "true"}',
  ),
  istio('RequestAuthentication', 'tokens', '{jwtRules: [{issuer: "https://issuer.example.com"}]}'),
  istio('Sidecar', 'default', '{egress: [{hosts: ["./*"]}]}'),
].join('');

const held = (apiVersion: string, kind: string, name: string, spec: string, made = '2020-01-01T00:00:00Z') => `
apiVersion: ${apiVersion}
kind: ${kind}
metadata: {name: ${name}, namespace: held, creationTimestamp: "${made}"}
spec: ${spec}
---`;
const emergency = (level: string) => `{level: ${level}, ttl: 15m, reason: INC-7, by: alice}`;
const further = [
  namespace('held', 'meshed'),
  app('limited', { namespace: 'held' }),
  held('telemetry.istio.io/v1', 'Telemetry', 'quiet', '{accessLogging: [{disabled: true}]}'),
  held('outrigger.io/v1alpha1', 'RateLimit', 'slow', '{limits: [{requests: 10, unit: second}]}'),
  held(
    'networking.istio.io/v1alpha3',
    'EnvoyFilter',
    'lua',
    '{configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE, value: {connect_timeout: 3s}}}]}',
  ),
  held('outrigger.io/v1alpha1', 'Emergency', 'now', emergency('authz'), new Date().toISOString()),
  held('outrigger.io/v1alpha1', 'Emergency', 'over', emergency('plaintext')),
].join('');

describe('describe', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-describe-'));
  beforeAll(() => writeFileSync(join(folder, 'world.yaml'), `${world}${further}`));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) => runOutrigger([...args, '--config', folder]);

  test('a pod: injection, ports, mutual TLS by port, policies, tokens, and each service with all that is for it', async () => {
    const { code, stdout, stderr } = await run('describe', 'pod', 'cart-v1.shop');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "Pod cart-v1-xxq8ffvn6-gnpfk.shop
         Workload: cart-v1, service account cart
         Injection: injected by revision default: The namespace has istio-injection=enabled.
         Sidecar shop/default says which hosts it knows
      --------------------
      Security
         mTLS: STRICT, by PeerAuthentication shop/cart
         mTLS of port 9080: PERMISSIVE, by PeerAuthentication shop/cart
         AuthorizationPolicy shop/readers: ALLOW, 1 rule, for app=cart
         AuthorizationPolicy shop/tried: DENY, 1 rule, for all of its pods (dry run: only counted)
         Authorization: what no ALLOW rule fits is refused
         RequestAuthentication shop/tokens: tokens of https://issuer.example.com are checked
      --------------------
      Service cart.shop (cart.shop.svc.cluster.local)
         Port 9080 web (auto) to 9080: 2 of 2 endpoints ready, mTLS PERMISSIVE
         DestinationRule shop/cart: tls (TLS ISTIO_MUTUAL)
            Subset v1 (version=v1): shop/cart-v1-xxq8ffvn6-gnpfk
            Subset v3 (version=v3): EMPTY
         VirtualService shop/cart:
            path /api* and header end-user jason, or method POST -> 60 % cart subset v1, 20 % cart subset v9, 20 % cart subset v3; delayed by 7s (10 %); aborted with 500 (100 %); timeout 2s; 3 retries; copied to cart subset v1
            path /old -> redirected to /new
            everything -> cart; rewritten to /
         From outside:
            Gateway shop/front: HTTP 80, pods istio=ingressgateway (1)
            Gateway shop/gone: there is none of this name
            by VirtualService shop/entry, hosts shop.example.com:
               everything -> cart
      --------------------
      WARNING cart.shop port 9080 ("web") does not say its protocol: it is found out from each connection; name it http-…, grpc-… or tcp-…, or set appProtocol
      WARNING VirtualService shop/hidden is for cart.shop.svc.cluster.local, too, and not in force: VirtualService shop/cart is older or more exact
      WARNING VirtualService shop/cart leads to subset v9, which no DestinationRule of cart.shop.svc.cluster.local has: requests get 503
      WARNING VirtualService shop/cart leads to subset v3, which is empty (no pod has version=v3): requests get 503
      "
    `);
  });

  test('what else holds for a pod: an emergency while it lasts, telemetry, limits, patches', async () => {
    const { stdout } = await run('describe', 'pod', 'deploy/limited-v1', '-n', 'held', '-o', 'json');
    const { blocks } = JSON.parse(stdout) as { blocks: { title: string; lines: string[] }[] };
    expect(blocks.find(({ title }) => title.startsWith('What else'))?.lines).toEqual([
      'Emergency held/now: authz for 15m by alice: INC-7',
      'Telemetry held/quiet: accessLogging',
      'RateLimit held/slow: limits its requests',
      'EnvoyFilter held/lua: patches its proxy',
    ]);
  });

  test('a pod that was not injected, and why', async () => {
    const { stdout } = await run('x', 'describe', 'po', 'deploy/outside-v1', '-n', 'plain', '-o', 'json');
    const { blocks } = JSON.parse(stdout);
    expect(blocks[0].lines).toContainEqual(expect.stringMatching(/^Injection: none: .*istio-injection=disabled/));
    expect(blocks[1].lines).toEqual(['mTLS: none, as it has no proxy; no policy is enforced']);
    expect(blocks[2].lines).toContain('Port 9080 http (http) to 9080: 1 of 1 endpoint ready, mTLS none (no proxy)');
  });

  test('a service by each of its names; one that is not there', async () => {
    const texts = [];
    for (const name of ['cart.shop', 'svc/cart.shop', 'cart.shop.svc.cluster.local'])
      texts.push((await run('describe', 'service', name)).stdout);
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^Service cart\.shop /);
    expect(await run('describe', 'svc', 'card.shop')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('OR2537'),
    });
    expect((await run('describe')).code).not.toBe(0);
  });
});
