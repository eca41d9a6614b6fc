import { expect, test } from 'vitest';
import { countedWorld } from '../../../test/counted-world.ts';
import { listConfig } from './config.ts';
import { AllFindings } from './findings.ts';
import { workloadPage } from './workloads.ts';

const world = countedWorld(`
apiVersion: v1
kind: Pod
metadata:
  name: door-1
  namespace: edge
  labels: {istio: ingressgateway, app: door, gateway.networking.k8s.io/gateway-name: front, service.istio.io/canonical-name: door}
  annotations: {inject.istio.io/templates: gateway}
spec: {containers: [{name: istio-proxy}]}
status: {podIP: 10.1.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-1, namespace: shop, labels: {istio: ingressgateway, app: cart}}
spec: {containers: [{name: app}]}
status: {podIP: 10.1.0.2}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart.example], gateways: [web], http: [{route: [{destination: {host: cart}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: door, namespace: edge}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}], action: DENY}
`);

test('the page of a gateway has what it listens for, what is bound to that, and its policies', () => {
  const workload = [...world.mesh.snapshot().workloads.values()].find(({ role }) => role === 'gateway');
  const { policies } = workloadPage(world, 'edge', workload?.workloadName ?? '');
  expect(policies.map(({ kind, namespace, name, effect }) => [kind, `${namespace}/${name}`, effect])).toEqual([
    ['Gateway', 'shop/web', 'where it listens: 80 (HTTP)'],
    ['VirtualService', 'shop/cart', 'where requests for cart.example go'],
    ['AuthorizationPolicy', 'edge/door', 'DENY of requests'],
  ]);
});

test('a Gateway is for gateways of any namespace, a policy with a target for that alone', async () => {
  const rows = await listConfig({ world, findings: new AllFindings(world) });
  const affects = Object.fromEntries(rows.map(({ kind, affects: all }) => [kind, all]));
  expect(affects['Gateway']).toEqual([expect.stringMatching(/^edge\//)]);
  expect(affects['AuthorizationPolicy']).toEqual(affects['Gateway']);
});
