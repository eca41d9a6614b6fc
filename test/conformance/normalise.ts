import { buildRules } from '../../src/interception/build-rules.ts';
import { parseCaptureArgs } from '../../src/interception/parse-args.ts';
import { isObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { parseQuantity } from '../../src/model/quantity.ts';

/**
 * A pod as tier 1 of the comparison sees it (injection reference, §4.1): what has to be equal in meaning between
 * two injectors whose proxies differ. Everything is plain data, so that fields can be compared one by one.
 */
export interface PodMeaning {
  readonly injected: boolean;
  readonly userContainers: Json;
  readonly userVolumes: Json;
  readonly podFields: Json;
  readonly containerOrder: Json;
  readonly initContainerOrder: Json;
  readonly proxyRestartPolicy: Json;
  readonly probers: Json;
  readonly capture: Json;
  readonly initSecurity: Json;
  readonly proxySecurity: Json;
  readonly initResources: Json;
  readonly proxyResources: Json;
  readonly proxyProbes: Json;
  readonly labels: Json;
  readonly annotations: Json;
  readonly scrapeRecord: Json;
  readonly statusRevision: Json;
  readonly overrides: Json;
  readonly token: Json;
  readonly imagePullSecrets: Json;
  readonly identity: Json;
}

const own = ['istio-init', 'istio-proxy'];
const statusKey = 'sidecar.istio.io/status';
const identityEnv = [
  'POD_NAME',
  'POD_NAMESPACE',
  'INSTANCE_IP',
  'SERVICE_ACCOUNT',
  'HOST_IP',
  'TRUST_DOMAIN',
  'ISTIO_META_NODE_NAME',
  'ISTIO_META_CLUSTER_ID',
  'ISTIO_META_NETWORK',
  'ISTIO_META_WORKLOAD_NAME',
  'ISTIO_META_OWNER',
  'ISTIO_META_MESH_ID',
  'ISTIO_META_INTERCEPTION_MODE',
  'ISTIO_META_APP_CONTAINERS',
  'ISTIO_META_POD_PORTS',
];

export function meaningOf(pod: JsonObject, extraEnv: readonly string[]): PodMeaning {
  const metadata = object(pod['metadata']);
  const spec = object(pod['spec']);
  const annotations = object(metadata['annotations']);
  const status = parsed(annotations[statusKey]);
  const containers = list(spec['containers']);
  const initContainers = list(spec['initContainers']);
  const all = [...initContainers, ...containers];
  const proxy = all.find((one) => one['name'] === 'istio-proxy') ?? {};
  const init = all.find((one) => one['name'] === 'istio-init') ?? {};
  const added = isObject(status) ? list2(status['volumes']) : [];
  const { containers: _c, initContainers: _i, volumes, imagePullSecrets, ...rest } = spec;
  return {
    injected: isObject(status),
    userContainers: clean(
      Object.fromEntries(
        all.filter((one) => !own.includes(String(one['name']))).map((one) => [String(one['name']), one]),
      ),
    ),
    userVolumes: clean(list(volumes).filter((one) => !added.includes(String(one['name'])))),
    podFields: clean(rest),
    containerOrder: containers.map((one) => one['name'] ?? null),
    initContainerOrder: initContainers.map((one) => one['name'] ?? null),
    proxyRestartPolicy: proxy['restartPolicy'] ?? null,
    probers: parsed(envOf(proxy)['ISTIO_KUBE_APP_PROBERS']),
    capture: captureOf(init),
    initSecurity: clean(init['securityContext'] ?? {}),
    proxySecurity: clean(proxy['securityContext'] ?? {}),
    initResources: clean(init['resources'] ?? {}),
    proxyResources: clean(proxy['resources'] ?? {}),
    proxyProbes: clean({
      readiness: proxy['readinessProbe'] ?? null,
      startup: proxy['startupProbe'] ?? null,
      liveness: proxy['livenessProbe'] ?? null,
    }),
    labels: clean(metadata['labels'] ?? {}),
    annotations: clean(Object.fromEntries(Object.entries(annotations).filter(([key]) => !isOwnRecord(key)))),
    scrapeRecord: parsed(envOf(proxy)['ISTIO_PROMETHEUS_ANNOTATIONS']),
    statusRevision: isObject(status) ? (status['revision'] ?? null) : null,
    overrides: clean(parsed(annotations['proxy.istio.io/overrides'])),
    token: tokenOf(list(volumes)),
    imagePullSecrets: imagePullSecrets ?? null,
    identity: identityOf(proxy, extraEnv),
  };
}

function isOwnRecord(key: string): boolean {
  return key === statusKey || key === 'proxy.istio.io/overrides' || key.startsWith('proxy.outrigger.io/');
}

/** Our init container carries the rules, Istio's the arguments that make them: both become the rules. */
function captureOf(init: JsonObject): Json {
  const args = list2(init['args']);
  if (args[0] === 'istio-iptables') {
    const { v4, v6 } = buildRules(parseCaptureArgs(args.slice(1)));
    return { v4, v6 };
  }
  const env = envOf(init);
  // A user who gives istio-init other arguments does the capture himself.
  if (args[0] === 'init' && env['OUTRIGGER_IPTABLES_V4'] !== undefined)
    return { v4: env['OUTRIGGER_IPTABLES_V4'], v6: env['OUTRIGGER_IPTABLES_V6'] ?? null };
  return null;
}

function identityOf(proxy: JsonObject, extra: readonly string[]): Json {
  const variables = list(proxy['env']).filter((one) => [...identityEnv, ...extra].includes(String(one['name'])));
  return Object.fromEntries(
    variables.map((one) => {
      const name = String(one['name']);
      if (isObject(one['valueFrom'])) return [name, clean(one['valueFrom'])];
      const value = String(one['value'] ?? '');
      return [name, name === 'ISTIO_META_POD_PORTS' ? clean(parsed(value)) : value];
    }),
  );
}

function tokenOf(volumes: readonly JsonObject[]): Json {
  const sources = list(object(volumes.find((one) => one['name'] === 'istio-token')?.['projected'])['sources']);
  const token = object(sources[0]?.['serviceAccountToken']);
  return { audience: token['audience'] ?? null, expirationSeconds: token['expirationSeconds'] ?? null };
}

function envOf(container: JsonObject): Record<string, Json> {
  return Object.fromEntries(list(container['env']).map((one) => [String(one['name']), one['value'] ?? '']));
}

/** Nulls, empty collections and defaults of the API go; quantities become numbers. */
function clean(value: Json, key = ''): Json {
  if (Array.isArray(value)) return value.map((item) => clean(item));
  if (!isObject(value)) return value;
  const entries = Object.entries(value)
    .map(([name, item]): [string, Json] => [
      name,
      isResourceList(name, key) && isObject(item) ? numbers(item) : clean(item, name),
    ])
    .filter(([name, item]) => !isDefault(name, item));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isResourceList(name: string, parent: string): boolean {
  return (name === 'limits' || name === 'requests') && (parent === 'resources' || parent === '');
}

function numbers(map: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, parseQuantity(String(value)) ?? value]));
}

function isDefault(name: string, value: Json): boolean {
  if (value === null || name === 'creationTimestamp' || name === 'apiVersion') return true;
  if (name === 'initialDelaySeconds' && value === 0) return true;
  if (name === 'protocol' && value === 'TCP') return true;
  return (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0);
}

function parsed(value: Json | undefined): Json {
  if (typeof value !== 'string' || value === '') return null;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function list2(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
