import protobuf from 'protobufjs/minimal.js';
import { Encoder } from '../src/discovery/encoder.ts';
import { GatewayConfigs } from '../src/discovery/gateway-configs.ts';
import { AllPatches } from '../src/discovery/patches.ts';
import { Shapes } from '../src/discovery/shapes.ts';
import { Indexes } from '../src/ir/build/indexes.ts';
import { OutboundViews } from '../src/ir/build/outbound-views.ts';
import type { GatewayIR, GatewayServerIR } from '../src/ir/types/gateway.ts';
import type { TlsRouteIR } from '../src/ir/types/outbound.ts';
import type { RouteIR } from '../src/ir/types/route.ts';
import { defaultMeshSettings } from '../src/model/mesh-settings.ts';
import type { Registry } from '../src/registry/registry.ts';
import { decodeAny } from '../src/xds/encode/decode.ts';
import type { EncodedResource, Message } from '../src/xds/resource.ts';
import { registryOf, workloadOf } from './mesh-fixture.ts';

const ofGateway = (name: string, ip: string, annotations = '') => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: istio-system
  labels: {istio: ingressgateway, app: gw, pod-template-hash: 5d}
  annotations: {${annotations}}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: gw-5d, controller: true}]
spec:
  serviceAccountName: gw
  containers: [{name: istio-proxy, ports: [{name: https, containerPort: 8443}]}]
status: {podIP: ${ip}}
---
`;

/** As our template makes it. */
export const injectedGatewayPod = ofGateway('gw-1', '10.0.0.9', 'inject.istio.io/templates: gateway');
export const secondGatewayPod = ofGateway('gw-2', '10.0.0.10');

/** A gateway in `istio-system` behind a Service that maps 80 to 8080, 443 to 8443 (by name) and 9000 to 9000. */
export const gatewayPod = `${ofGateway('gw-1', '10.0.0.9')}
apiVersion: v1
kind: Service
metadata: {name: gw, namespace: istio-system}
spec:
  clusterIP: 10.96.0.9
  selector: {app: gw}
  ports:
  - {name: http2, port: 80, targetPort: 8080}
  - {name: https, port: 443, targetPort: https}
  - {name: tcp, port: 9000, targetPort: 9000}
---
`;

/** A Service of HTTP on 80 with one pod, in \`default\`. */
export const app = (name: string, ip: string, port = 8080): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {clusterIP: 10.96.1.${ip.split('.').at(-1)}, selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: ${port}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: ${name}-1, labels: {app: ${name}}}
spec: {serviceAccountName: ${name}, containers: [{name: app}]}
status: {podIP: ${ip}}
---
`;

export const gatewayYaml = (name: string, servers: string, namespace = 'default'): string => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "2026-01-01T00:00:0${name.length}Z"}
spec: {selector: {istio: ingressgateway}, servers: [${servers}]}
---
`;

export const routes = (name: string, spec: string, namespace = 'default'): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "2026-01-01T00:00:0${name.length}Z"}
spec: {${spec}}
---
`;

export const httpServer = (hosts: string, more = ''): string =>
  `{port: {number: 80, name: http, protocol: HTTP}, hosts: [${hosts}]${more}}`;

export function gatewayConfigs(): GatewayConfigs {
  const indexes = new Indexes(defaultMeshSettings);
  const views = new OutboundViews(defaultMeshSettings, indexes);
  const encoder = new Encoder((resource, error) => {
    throw new Error(`${resource.type} ${resource.name}: ${error.message}`);
  });
  const shapes = new Shapes({ settings: defaultMeshSettings, views });
  return new GatewayConfigs({
    settings: defaultMeshSettings,
    indexes,
    views,
    encoder,
    shapes,
    patches: new AllPatches(defaultMeshSettings),
  });
}

export interface GatewayUnderTest {
  readonly registry: Registry;
  readonly configs: GatewayConfigs;
  readonly gateway: () => GatewayIR;
  readonly config: () => ReturnType<GatewayConfigs['find']>;
}

export function gatewayOf(...yamls: readonly string[]): GatewayUnderTest {
  const registry = registryOf(gatewayPod, ...yamls);
  const configs = gatewayConfigs();
  const pod = () => workloadOf(registry.snapshot, 'istio-system/gw-1');
  return {
    registry,
    configs,
    gateway: () => configs.gateway(registry.snapshot, pod()),
    config: () => configs.find(registry.snapshot, pod()),
  };
}

/** A gateway in lines: listeners, their chains, their hosts, their routes. */
export function linesOf({ listeners }: Pick<GatewayIR, 'listeners'>): string[] {
  return listeners.flatMap(({ port, bind, servers }) => [
    `${bind === '' ? '*' : bind}:${port}`,
    ...servers.flatMap(serverLines),
  ]);
}

function serverLines(server: GatewayServerIR): string[] {
  const tls = server.tls === undefined ? '' : ` ${server.tls.mode} [${server.tls.certificates.join(' ')}]`;
  if (server.kind === 'tcp') return server.routes.map((route) => `  tcp${tls} ${tcpLine(route)}`);
  const names = server.sniHosts.length === 0 ? '' : ` sni ${server.sniHosts.join(' ')}`;
  const hosts = server.virtualHosts.flatMap(({ name, routes: list, requireTls }) => [
    `    ${name}${requireTls ? ' -> https' : ''}`,
    ...list.map((route) => `      ${routeLine(route)}`),
  ]);
  return [`  ${server.routeName}${tls}${names}`, ...hosts];
}

const tcpLine = ({ sniHosts, destinations }: TlsRouteIR) =>
  `${sniHosts.length === 0 ? '' : `sni ${sniHosts.join(' ')} `}-> ${destinations.map(({ cluster }) => cluster).join(', ')}`;

function routeLine({ match, action }: RouteIR): string {
  const path = `${match.path.kind} ${match.path.value}`;
  if (action.kind !== 'forward') return `${path} -> ${action.kind}`;
  return `${path} -> ${action.destinations.map(({ cluster }) => cluster).join(', ')}`;
}

/** What was encoded, as Envoy would read it. */
export function decoded(resource: EncodedResource | undefined): Message {
  if (resource === undefined) throw new Error('there is no such resource');
  const reader = protobuf.Reader.create(resource.sotwFrame);
  reader.uint32();
  const { '@type': _, ...message } = decodeAny(reader.bytes());
  return message;
}
