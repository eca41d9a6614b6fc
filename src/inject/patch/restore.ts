import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Container, HookHandler, Named, Pod } from '../../model/pod.ts';
import { decodePod } from '../review/pod-decode.ts';
import { envValue } from './edit.ts';
import { listNames, type Original, readOriginal } from './original.ts';
import { originalKey, overridesKey, parseObject, readOverrides, readStatus, statusKey } from './record.ts';

/**
 * The pod as it was before injection. What Outrigger injected comes back exactly; of a pod that Istio injected,
 * what Istio recorded (containers, volumes, overrides, probes). A pod that was not injected is returned as it is.
 *
 * @throws OutriggerError OR1204, OR1221 for records that no injection wrote
 */
export function restorePod(pod: Pod): Pod {
  const status = readStatus(pod);
  if (status === undefined) return pod;
  const original = readOriginal(pod) ?? istioRecord(pod);
  const spec: Record<string, unknown> = { ...pod.spec };
  for (const list of listNames) {
    const kept = ((pod.spec[list] ?? []) as readonly Named[]).filter((item) => !status[list].includes(item.name));
    const items = insertAt(
      kept.map((item) => restoreHandlers(item, original)),
      original.owned?.[list] ?? {},
    );
    if (items.length > 0) spec[list] = items;
    else delete spec[list];
  }
  if (original.securityContext === null) delete spec['securityContext'];
  else if (original.securityContext !== undefined) spec['securityContext'] = original.securityContext;
  if (spec['containers'] === undefined) {
    throw new OutriggerError('OR1221', 'it names every container of the pod as injected', {
      at: 'metadata.annotations["sidecar.istio.io/status"]',
    });
  }
  return decodePod({ ...pod, metadata: restoreMetadata(pod, original), spec }, 'the pod that the records give back');
}

function insertAt(items: readonly Named[], placed: Readonly<Record<string, JsonObject>>): Named[] {
  const result = [...items];
  for (const index of Object.keys(placed)
    .map(Number)
    .sort((a, b) => a - b)) {
    result.splice(index, 0, placed[index] as unknown as Named);
  }
  return result;
}

function restoreHandlers(item: Named, original: Original): Named {
  const handlers = original.handlers?.[item.name];
  return handlers === undefined ? item : { ...item, ...handlers };
}

function restoreMetadata(pod: Pod, original: Original): Pod['metadata'] {
  const { labels, annotations, ...rest } = pod.metadata;
  const { [statusKey]: _s, [overridesKey]: _o, [originalKey]: _r, ...kept } = annotations ?? {};
  const before = {
    labels: restoreTexts(labels ?? {}, original.labels),
    annotations: restoreTexts(kept, original.annotations),
  };
  return {
    ...rest,
    ...(Object.keys(before.labels).length > 0 ? { labels: before.labels } : {}),
    ...(Object.keys(before.annotations).length > 0 ? { annotations: before.annotations } : {}),
  };
}

function restoreTexts(
  texts: Readonly<Record<string, string>>,
  changed: Readonly<Record<string, string | null>> = {},
): Record<string, string> {
  const kept = Object.entries(texts).filter(([key]) => !Object.hasOwn(changed, key));
  const back = Object.entries(changed).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries([...kept, ...back]);
}

/** What an injection by Istio lets one give back: keys that it writes, and the probes that it recorded. */
function istioRecord(pod: Pod): Original {
  const proxy = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find((one) => one.name === 'istio-proxy');
  const written = [
    'istio.io/rev',
    'kubectl.kubernetes.io/default-container',
    'kubectl.kubernetes.io/default-logs-container',
  ];
  const prometheus = ['prometheus.io/port', 'prometheus.io/path', 'prometheus.io/scrape'];
  const labels = [
    'security.istio.io/tlsMode',
    'service.istio.io/canonical-name',
    'service.istio.io/canonical-revision',
  ];
  const overrides = readOverrides(pod);
  const placed = (list: readonly Container[], from: number) =>
    Object.fromEntries(list.map((one, index) => [from + index, one as unknown as JsonObject]));
  return {
    labels: Object.fromEntries(labels.map((key) => [key, null])),
    annotations: {
      ...Object.fromEntries([...written, ...prometheus].map((key) => [key, null])),
      ...scrapeAnnotations(parseObject(envValue(proxy, 'ISTIO_PROMETHEUS_ANNOTATIONS')) ?? {}),
    },
    handlers: recordedHandlers(pod, parseObject(envValue(proxy, 'ISTIO_KUBE_APP_PROBERS')) ?? {}),
    owned: {
      containers: placed(
        [...overrides.containers, ...overrides.initContainers.filter((one) => one.name === 'istio-proxy')],
        pod.spec.containers.length,
      ),
    },
  };
}

function scrapeAnnotations(record: JsonObject): Record<string, string> {
  const given = ['scrape', 'port', 'path'].flatMap((name): [string, string][] =>
    record[name] ? [[`prometheus.io/${name}`, String(record[name])]] : [],
  );
  return Object.fromEntries(given);
}

const handlerPaths: Readonly<Record<string, readonly string[]>> = {
  'app-health/readyz': ['readinessProbe'],
  'app-health/livez': ['livenessProbe'],
  'app-health/startupz': ['startupProbe'],
  'app-lifecycle/prestopz': ['lifecycle', 'preStop'],
  'app-lifecycle/poststartz': ['lifecycle', 'postStart'],
};

function recordedHandlers(pod: Pod, record: JsonObject): Record<string, JsonObject> {
  const result: Record<string, JsonObject> = {};
  for (const [path, entry] of Object.entries(record)) {
    const [, kind = '', name = '', verb = ''] = path.split('/');
    const [field, hook] = handlerPaths[`${kind}/${verb}`] ?? [];
    const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === name);
    if (field === undefined || container === undefined || !isObject(entry)) continue;
    const before = result[name]?.[field] ?? (container[field] as Json);
    const current = (isObject(before) ? before : {}) as JsonObject;
    const restored: JsonObject =
      hook === undefined
        ? unrewrite(current, entry)
        : { ...current, [hook]: unrewrite(isObject(current[hook]) ? current[hook] : {}, entry) };
    result[name] = { ...result[name], [field]: restored };
  }
  return result;
}

function unrewrite(handler: JsonObject, entry: JsonObject): JsonObject {
  const { httpGet: _rewritten, ...rest } = handler as HookHandler & JsonObject;
  const { timeoutSeconds: _known, ...action } = entry;
  return { ...rest, ...action };
}
