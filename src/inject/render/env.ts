import type { Json } from '../../model/json.ts';
import type { Pod } from '../../model/pod.ts';
import { reservedVariables } from '../../model/reserved-variables.ts';
import type { ContextInput } from './context-input.ts';

type Env = { [key: string]: Json };

const value = (name: string, text: string): Env => ({ name, value: text });
const field = (name: string, fieldPath: string): Env => ({ name, valueFrom: { fieldRef: { fieldPath } } });

/**
 * The environment of istio-proxy: Istio's names, since tools and users read them. Envoy itself needs only
 * INSTANCE_IP, POD_NAME and POD_NAMESPACE (they are expanded in its arguments).
 */
export function proxyEnv(input: ContextInput): Env[] {
  const { options, settings, workload, userPod } = input;
  const { mesh } = settings;
  const parameters = input.request.urlParameters ?? {};
  const labels = userPod.metadata.labels ?? {};
  const network = labels['topology.istio.io/network'] || parameters['net'] || mesh.network;
  return unique([
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('HOST_IP', 'status.hostIP'),
    value('ISTIO_META_POD_PORTS', JSON.stringify(podPorts(userPod))),
    value('ISTIO_META_APP_CONTAINERS', appContainers(userPod)),
    value('ISTIO_META_CLUSTER_ID', parameters['cluster'] || mesh.clusterId),
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    value('ISTIO_META_INTERCEPTION_MODE', options.mode),
    ...(network ? [value('ISTIO_META_NETWORK', network)] : []),
    value('ISTIO_META_WORKLOAD_NAME', labels['service.istio.io/workload-name'] || workload.name),
    value('ISTIO_META_OWNER', owner(input)),
    ...(options.bootstrapOverride
      ? [value('ISTIO_BOOTSTRAP_OVERRIDE', '/etc/istio/custom-bootstrap/custom_bootstrap.json')]
      : []),
    value('ISTIO_META_MESH_ID', mesh.meshId || mesh.trustDomain),
    value('TRUST_DOMAIN', mesh.trustDomain),
    ...sortedEntries(options.proxyConfig.proxyMetadata),
    ...sortedEntries(upperCased(parameters)),
  ]);
}

/** A name stands once: the last value counts, at the first place. */
function unique(variables: readonly Env[]): Env[] {
  return [...new Map(variables.map((variable) => [variable['name'], variable])).values()];
}

function sortedEntries(map: Readonly<Record<string, string>>): Env[] {
  return Object.keys(map)
    .sort()
    .map((name) => value(name, map[name] ?? ''));
}

/** Istio: parameters of the webhook URL other than cluster and net become variables of the proxy. */
function upperCased(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const others = Object.entries(parameters).filter(
    ([key]) => key !== 'cluster' && key !== 'net' && !reservedVariables.includes(key.toUpperCase()),
  );
  return Object.fromEntries(others.map(([key, text]) => [key.toUpperCase(), text]));
}

/** `kubernetes://apis/<apiVersion>/namespaces/<ns>/<plural kind>/<name>` */
function owner({ request, workload }: ContextInput): string {
  const namespace = request.namespace.name || 'default';
  return `kubernetes://apis/${workload.apiVersion}/namespaces/${namespace}/${workload.kind.toLowerCase()}s/${workload.name}`;
}

function podPorts(pod: Pod): Json {
  const ports = pod.spec.containers
    .filter((container) => container.name !== 'istio-proxy')
    .flatMap((container) => container.ports ?? []);
  return ports.map(({ name, containerPort, protocol }) => ({
    ...(name ? { name } : {}),
    containerPort,
    ...(protocol ? { protocol } : {}),
  }));
}

function appContainers(pod: Pod): string {
  return pod.spec.containers
    .map((container) => container.name)
    .filter((name) => name !== 'istio-proxy')
    .join(',');
}
