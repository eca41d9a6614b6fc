import type { Surroundings as InjectionSurroundings } from '../inject/object-injection.ts';
import { injectObject } from '../inject/object-injection.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { desiredPods } from '../playground/cluster/desired-pods.ts';
import { buildPod } from '../playground/cluster/pod-object.ts';
import { ServiceAddresses } from '../playground/cluster/service-addresses.ts';
import { IpPool } from '../playground/network/ip-pool.ts';
import { slotOf } from '../playground/network/slot.ts';
import type { SourceObject } from '../source/object-source.ts';

/**
 * The objects of files as a cluster would have them: workloads become pods, injected as the webhook would and ready, pods
 * and services get addresses. The same files give the same objects.
 */
export function offlineMesh(
  objects: readonly SourceObject[],
  injection: InjectionSurroundings,
): readonly SourceObject[] {
  const slot = slotOf(0);
  const services = new ServiceAddresses(slot);
  const ips = new IpPool(slot);
  return objects.flatMap((object): readonly SourceObject[] => {
    if (object.kind === 'Service') return [services.place(object)];
    if (object.kind === 'Pod' && hasAddress(object)) return [object];
    const pods = desiredPods(object);
    if (pods.length === 0) return [object];
    return pods.map((desired) => {
      const pod = buildPod(desired, { nodeName: '', now: new Date(0) });
      const injected = injectObject(pod as unknown as JsonObject, injection).after;
      return podObject(injected, object, ips.take().ip);
    });
  });
}

function hasAddress({ object }: SourceObject): boolean {
  return isObject(object.status) && typeof object.status.podIP === 'string';
}

function podObject(pod: JsonObject, from: SourceObject, podIP: string): SourceObject {
  const metadata = isObject(pod.metadata) ? pod.metadata : {};
  const name = String(metadata.name ?? '');
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: [{ type: 'Ready', status: 'True' }] };
  const { namespace } = from;
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', namespace, name },
    object: { ...pod, metadata: { ...metadata, uid: '' }, status },
    origin: { ...from.origin, kind: 'Pod', name },
  };
}
