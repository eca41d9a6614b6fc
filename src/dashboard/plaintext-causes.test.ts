import { expect, test } from 'vitest';
import { countedWorld, requests } from '../../test/counted-world.ts';
import { securityPage } from './pages/security.ts';
import { pageRange } from './pages/world.ts';

const pod = (name: string, meshed: boolean) => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
  labels: {app: ${name}}
  annotations: {${meshed ? 'sidecar.istio.io/status: "{}"' : ''}}
spec: {containers: [{name: app}${meshed ? ', {name: istio-proxy}' : ''}]}
status: {phase: Running, podIP: 10.1.0.${name.length}, conditions: [{type: Ready, status: 'True'}]}
---`;
const service = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}
`;
const rule = (policy: string) => `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec: {host: cart, ${policy}}
`;
const peers = (spec: string) => `---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: open, namespace: shop}
spec: ${spec}
`;

const counted = (host: string, policy = 'none') =>
  requests(
    {
      ...{ reporter: 'destination', source_workload: 'browser', source_workload_namespace: 'shop' },
      ...{ destination_workload: 'cart', destination_workload_namespace: 'shop', destination_service: host },
      ...{ request_protocol: 'http', response_code: '200', response_flags: '-', connection_security_policy: policy },
    },
    20,
  );
const cart = 'cart.shop.svc.cluster.local';
const named = { kind: 'DestinationRule', namespace: 'shop', name: 'cart' };

function causeOf(manifests: string, lines = [counted(cart)]) {
  const world = countedWorld(manifests, lines);
  return world.graphs.graph(pageRange).edges[0]?.mtls.because;
}

const both = pod('browser', true) + pod('cart', true) + service;

test.each([
  ['the client’s rule', both + rule('trafficPolicy: {tls: {mode: DISABLE}}'), [named]],
  [
    'a rule for a port',
    both + rule('trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]}'),
    [named],
  ],
  ['TLS of another kind', both + rule('trafficPolicy: {tls: {mode: SIMPLE}}'), [named]],
  [
    'a subset that the pod is in',
    both + rule('subsets: [{name: a, labels: {app: cart}, trafficPolicy: {tls: {mode: DISABLE}}}]'),
    [named],
  ],
  [
    'whom it calls',
    both + peers('{mtls: {mode: DISABLE}}'),
    [{ kind: 'PeerAuthentication', namespace: 'shop', name: 'open' }],
  ],
])('%s is named', (_, manifests, by) => {
  expect(causeOf(manifests)?.by).toEqual(by);
});

test('a proxy that is missing comes before what is configured', () => {
  const disabled = rule('trafficPolicy: {tls: {mode: DISABLE}}');
  expect(causeOf(pod('browser', false) + pod('cart', true) + service + disabled)).toEqual({
    ...{ reason: 'the caller has no proxy of the mesh', by: [] },
  });
  expect(causeOf(pod('browser', true) + pod('cart', false) + service + disabled)).toEqual({
    ...{ reason: 'whom it calls has no proxy of the mesh', by: [] },
  });
});

test('a subset that the pod is not in, and a rule that says nothing of TLS, are no cause; an address is', () => {
  const other = 'subsets: [{name: a, labels: {app: other}, trafficPolicy: {tls: {mode: DISABLE}}}]';
  expect(causeOf(both + rule(other))).toBeUndefined();
  expect(causeOf(both + rule('trafficPolicy: {loadBalancer: {simple: RANDOM}}'))).toBeUndefined();
  expect(causeOf(both, [counted('10.1.0.4:80')])?.reason).toBe('it calls an address, not a service of the mesh');
});

test('what came by mutual TLS needs no cause', () => {
  const manifests = both + rule('trafficPolicy: {tls: {mode: DISABLE}}');
  expect(causeOf(manifests, [counted(cart, 'mutual_tls')])).toBeUndefined();
});

test('who keeps a namespace from STRICT is told with the resource that is to be changed', () => {
  const world = countedWorld(both + rule('trafficPolicy: {tls: {mode: DISABLE}}'), [counted(cart)]);
  expect(securityPage(world).namespaces).toMatchObject([
    { namespace: 'shop', ready: false, blockedBy: [{ workload: 'shop/browser', because: { by: [named] } }] },
  ]);
});
