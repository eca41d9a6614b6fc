import { OutriggerError } from '../../errors.ts';
import { parseQuantity } from '../../model/quantity.ts';
import type { InjectRequest } from '../review/request.ts';
import type { InjectionSettings } from '../review/settings.ts';

export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** Annotation to what it sets. On the pod and on its namespace; for each key the pod wins. */
const annotations = [
  { key: 'sidecar.istio.io/proxyCPU', list: 'requests', name: 'cpu' },
  { key: 'sidecar.istio.io/proxyMemory', list: 'requests', name: 'memory' },
  { key: 'sidecar.istio.io/proxyCPULimit', list: 'limits', name: 'cpu' },
  { key: 'sidecar.istio.io/proxyMemoryLimit', list: 'limits', name: 'memory' },
  { key: 'proxy.outrigger.io/ephemeralStorage', list: 'requests', name: 'ephemeral-storage' },
  { key: 'proxy.outrigger.io/ephemeralStorageLimit', list: 'limits', name: 'ephemeral-storage' },
] as const;

/**
 * Resources of the proxy. As soon as one annotation is given, the defaults of the mesh are gone and only
 * what is annotated counts (Istio's rule).
 *
 * @throws OutriggerError OR1202 for a bad quantity, OR1206 when a request is greater than its limit.
 */
export function readResources(request: InjectRequest, settings: InjectionSettings): Resources {
  const podAnnotations = request.pod.metadata.annotations ?? {};
  const lists: { requests: Record<string, string>; limits: Record<string, string> } = { requests: {}, limits: {} };
  let annotated = false;
  for (const { key, list, name } of annotations) {
    const onPod = Object.hasOwn(podAnnotations, key);
    const value = onPod ? podAnnotations[key] : request.namespace.annotations[key];
    if (value === undefined) continue;
    checkQuantity(
      value,
      onPod ? `metadata.annotations["${key}"]` : `namespace ${request.namespace.name}: metadata.annotations["${key}"]`,
    );
    lists[list][name] = value;
    annotated = true;
  }
  const chosen = annotated ? prune(lists) : defaults(settings);
  checkOrder(chosen);
  return chosen;
}

function defaults(settings: InjectionSettings): Resources {
  const { requests, limits } = settings.proxy.resources;
  return prune({ requests: texts(requests, 'requests'), limits: texts(limits, 'limits') });
}

/** A null of the configuration takes a default out. */
function texts(values: Readonly<Record<string, string | number | null>>, list: string): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === null) continue;
    checkQuantity(String(value), `injection.proxy.resources.${list}.${name}`);
    kept[name] = String(value);
  }
  return kept;
}

function prune(lists: { requests: Record<string, string>; limits: Record<string, string> }): Resources {
  return {
    ...(Object.keys(lists.limits).length > 0 ? { limits: lists.limits } : {}),
    ...(Object.keys(lists.requests).length > 0 ? { requests: lists.requests } : {}),
  };
}

function checkQuantity(value: string, at: string): void {
  if (parseQuantity(value) !== undefined) return;
  throw new OutriggerError(
    'OR1202',
    `${JSON.stringify(value.slice(0, 100))} is not a quantity that can be given to a container: write for example 100m for CPU or 128Mi for memory`,
    { at },
  );
}

function checkOrder(resources: Resources): void {
  for (const [name, request] of Object.entries(resources.requests ?? {})) {
    const limit = resources.limits?.[name];
    if (limit === undefined || (parseQuantity(request) ?? 0) <= (parseQuantity(limit) ?? 0)) continue;
    throw new OutriggerError(
      'OR1206',
      `the ${name} request of the proxy, ${request}, is greater than its limit, ${limit}`,
      { at: annotations.find((one) => one.name === name)?.key ?? name },
    );
  }
}
