import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { objectsAt, textAt } from '../../model/json-fields.ts';
import type { World } from '../world.ts';

/** Who refers to something: a kind of `group` in a namespace. */
export interface Referrer {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
}

export interface Target {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Whether a ReferenceGrant of the target's namespace lets one refer to it; within a namespace everyone may. */
export function mayRefer(from: Referrer, to: Target, world: World): boolean {
  if (from.namespace === to.namespace) return true;
  return world.of('ReferenceGrant').some(({ object, namespace }) => {
    if (namespace !== to.namespace) return false;
    const lets = objectsAt(object, 'spec', 'from').some(
      (entry) =>
        textAt(entry, 'group') === from.group &&
        textAt(entry, 'kind') === from.kind &&
        textAt(entry, 'namespace') === from.namespace,
    );
    return lets && objectsAt(object, 'spec', 'to').some((entry) => isMeant(entry, to));
  });
}

function isMeant(entry: JsonObject, { group, kind, name }: Target): boolean {
  const named = textAt(entry, 'name');
  return textAt(entry, 'group') === group && textAt(entry, 'kind') === kind && (named === '' || named === name);
}

/** A backend as a destination of a VirtualService, or why there is none. */
export type Backend =
  | { readonly destination: JsonObject }
  | { readonly reason: 'RefNotPermitted' | 'BackendNotFound' | 'InvalidKind'; readonly message: string };

/** https://gateway-api.sigs.k8s.io/reference/spec/ BackendObjectReference; a Hostname is Istio's addition. */
export function backendOf(reference: Json, from: Referrer, world: World): Backend {
  const ref = isObject(reference) ? reference : {};
  const [group, kind] = [textAt(ref, 'group'), textAt(ref, 'kind') || 'Service'];
  const [name, namespace] = [textAt(ref, 'name'), textAt(ref, 'namespace') || from.namespace];
  const port = ref['port'];
  const numbered: JsonObject = typeof port === 'number' ? { port: { number: port } } : {};
  if (group === 'networking.istio.io' && kind === 'Hostname') return { destination: { host: name, ...numbered } };
  if (group !== '' || kind !== 'Service')
    return {
      reason: 'InvalidKind',
      message: `only a Service can be a backend, not a ${kind} of ${group || 'Kubernetes'}`,
    };
  const target = { group, kind, name, namespace };
  if (!mayRefer(from, target, world))
    return {
      reason: 'RefNotPermitted',
      message: `no ReferenceGrant of ${namespace} lets a ${from.kind} of ${from.namespace} name its Service ${name}`,
    };
  if (world.find('Service', namespace, name) === undefined)
    return { reason: 'BackendNotFound', message: `there is no Service ${namespace}/${name}` };
  const ports = world.ports(namespace, name).map((entry) => entry['port']);
  if (typeof port !== 'number')
    return { reason: 'InvalidKind', message: `the port of Service ${namespace}/${name} must be given` };
  if (!ports.includes(port))
    return { reason: 'BackendNotFound', message: `Service ${namespace}/${name} has no port ${port}` };
  return { destination: { host: world.hostOf(name, namespace), ...numbered } };
}
