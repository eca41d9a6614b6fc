import type { JsonObject } from '../../src/model/json.ts';
import type { SourceObject } from '../../src/source/object-source.ts';

/** A mesh of any size: each service has two pods (v1, v2) or more (of v2) with a proxy each, over ten namespaces. */
export const namespaces = 10;
/** Services that every proxy calls, one of each namespace. The first has subsets and a rule. */
export const usedHosts = 10;

export interface PodName {
  readonly namespace: string;
  readonly name: string;
  readonly serviceAccount: string;
}

export function meshObjects(services: number, pods = 2): readonly SourceObject[] {
  const spaces = Array.from({ length: namespaces }, (_, index) =>
    sourceObject('v1', 'Namespace', '', `ns${index}`, { metadata: { labels: { 'istio-injection': 'enabled' } } }),
  );
  const each = Array.from({ length: services }, (_, index) => [
    serviceObject(index),
    podObject(index, 'v1'),
    ...copiesOf(pods).map((copy) => podObject(index, 'v2', copy)),
    endpointSlice(index, 'two', pods),
  ]);
  return [...spaces, ...each.flat(), subsetRule(), weightRule(90)];
}

/** Of v2. */
const copiesOf = (pods: number) => Array.from({ length: pods - 1 }, (_, copy) => copy);

export function namespaceOf(service: number): string {
  return `ns${service % namespaces}`;
}

export function hostOf(service: number): string {
  return `svc-${service}.${namespaceOf(service)}.svc.cluster.local`;
}

/** The clusters that a proxy needs for the used hosts. */
export function usedClusters(service: number): readonly string[] {
  const subsets = service === 0 ? ['v1', 'v2'] : [''];
  return subsets.map((subset) => `outbound|80|${subset}|${hostOf(service)}`);
}

/** The pods whose proxies are played: v1 of the first services, in all namespaces alike. */
export function proxyPod(index: number): PodName {
  return { namespace: namespaceOf(index), name: `svc-${index}-v1-0`, serviceAccount: `svc-${index}` };
}

export function serviceObject(index: number): SourceObject {
  const spec = {
    clusterIP: `10.${96 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
    selector: { app: `svc-${index}` },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  };
  return sourceObject('v1', 'Service', namespaceOf(index), `svc-${index}`, { spec });
}

function podObject(index: number, version: 'v1' | 'v2', copy = 0): SourceObject {
  const name = `svc-${index}-${version}-${copy}`;
  const labels = { app: `svc-${index}`, version };
  const ip = podIp(index, version, copy);
  return sourceObject('v1', 'Pod', namespaceOf(index), name, {
    metadata: { uid: `uid-${index}-${version}${copy === 0 ? '' : `-${copy}`}`, labels },
    spec: {
      serviceAccountName: `svc-${index}`,
      nodeName: 'node',
      initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }],
      containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }],
    },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
  });
}

function podIp(index: number, version: 'v1' | 'v2', copy = 0): string {
  return `10.${version === 'v1' ? 1 : 2 + copy}.${(index >> 8) & 255}.${index & 255}`;
}

/** `one`: the second pod is not ready. */
export function endpointSlice(index: number, ready: 'one' | 'two', pods = 2): SourceObject {
  const namespace = namespaceOf(index);
  const endpointOf = (version: 'v1' | 'v2', copy: number) => ({
    addresses: [podIp(index, version, copy)],
    conditions: { ready: version === 'v1' || copy > 0 || ready === 'two' },
    targetRef: { kind: 'Pod', namespace, name: `svc-${index}-${version}-${copy}` },
  });
  const endpoints = [endpointOf('v1', 0), ...copiesOf(pods).map((copy) => endpointOf('v2', copy))];
  return sourceObject('discovery.k8s.io/v1', 'EndpointSlice', namespace, `svc-${index}-x`, {
    metadata: { labels: { 'kubernetes.io/service-name': `svc-${index}` } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
  });
}

function subsetRule(): SourceObject {
  const subsets = ['v1', 'v2'].map((version) => ({ name: version, labels: { version } }));
  const spec = { host: hostOf(0), subsets };
  return sourceObject('networking.istio.io/v1', 'DestinationRule', namespaceOf(0), 'svc-0', { spec });
}

/** Per cent of the calls of the first host that v1 gets. */
export function weightRule(weight: number): SourceObject {
  const to = (subset: string, share: number) => ({ destination: { host: hostOf(0), subset }, weight: share });
  const spec = { hosts: [hostOf(0)], http: [{ route: [to('v1', weight), to('v2', 100 - weight)] }] };
  return sourceObject('networking.istio.io/v1', 'VirtualService', namespaceOf(0), 'svc-0', { spec });
}

function sourceObject(
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
  content: JsonObject,
): SourceObject {
  const more = typeof content.metadata === 'object' && content.metadata !== null ? content.metadata : {};
  const metadata = { name, ...(namespace === '' ? {} : { namespace }), ...more };
  const object = { apiVersion, kind, ...content, metadata } as JsonObject;
  return { apiVersion, kind, namespace, name, object, origin: { kind, namespace, name } };
}
