import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/app/places.ts';
import { app, namespace } from '../mesh/world.ts';

const sample = (file: string) => readFileSync(join(packageFolder, 'manifests/samples/bookinfo', file), 'utf8');

/** Details are late by so many milliseconds, for whoever calls them. */
export const delayMs = 300;

/** Who is asked for is told by headers, so that each number is known: `end-user` chooses the reviews, `x-fail` a refusal. */
const routes = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: bookinfo, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: bookinfo, namespace: default}
spec:
  hosts: ["*"]
  gateways: [bookinfo]
  http:
    - match: [{headers: {x-fail: {exact: "yes"}}}]
      fault: {abort: {percentage: {value: 100}, httpStatus: 503}}
      route: [{destination: {host: productpage, port: {number: 9080}}}]
    - route: [{destination: {host: productpage, port: {number: 9080}}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v3, labels: {version: v3}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
    - match: [{headers: {end-user: {exact: v2}}}]
      route: [{destination: {host: reviews, subset: v2}}]
    - match: [{headers: {end-user: {exact: v3}}}]
      route: [{destination: {host: reviews, subset: v3}}]
    - route: [{destination: {host: reviews, subset: v1}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: details, namespace: default}
spec:
  hosts: [details]
  http:
    - fault: {delay: {percentage: {value: 100}, fixedDelay: ${delayMs}ms}}
      route: [{destination: {host: details}}]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: closed, namespace: default}
spec:
  workloadSelector: {labels: {app: closed}}
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  egress: [{hosts: ["./*"]}]
---
`;

/** Bookinfo behind its gateway; a client of a TCP server, one that may call nobody unknown, and one without a proxy. */
export const manifests = {
  'bookinfo.yaml': sample('bookinfo.yaml'),
  'gateway.yaml': sample('ingress-gateway.yaml'),
  'namespaces.yaml': sample('namespaces.yaml'),
  'routes.yaml': routes,
  'others.yaml': [
    namespace('outside', 'plain'),
    app('client'),
    app('closed'),
    app('store', { ports: [{ port: 9000, name: 'tcp', speaks: 'tcp' }] }),
    app('legacy', { namespace: 'outside' }),
  ].join(''),
} as const;
