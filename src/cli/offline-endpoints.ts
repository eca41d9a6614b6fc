import type { Pod } from '../model/pod.ts';
import { deriveView } from '../playground/cluster/cluster-view.ts';
import type { PlacedPod } from '../playground/cluster/endpoint-slices.ts';
import { namedPortsOf } from '../playground/pod-runner/keep-pod.ts';
import { textAt, textMapAt } from '../registry/json-fields.ts';
import type { SourceObject } from '../source/object-source.ts';

/** EndpointSlices as a cluster would make them of its services and pods; those that the files state stay what they are. */
export function offlineEndpoints(objects: readonly SourceObject[]): SourceObject[] {
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const pods = ofKind('Pod').flatMap(placed);
  const services = ofKind('Service').filter(({ apiVersion }) => apiVersion === 'v1');
  return [...deriveView({ services, nodes: ofKind('Node'), pods, domain: 'cluster.local' }).slices];
}

function placed({ namespace, name, object }: SourceObject): PlacedPod[] {
  const ip = textAt(object, 'status', 'podIP');
  if (ip === '') return [];
  return [
    {
      ...{ namespace, name, ip, ready: true, terminating: false },
      uid: textAt(object, 'metadata', 'uid'),
      labels: textMapAt(object, 'metadata', 'labels'),
      nodeName: textAt(object, 'spec', 'nodeName'),
      hostname: textAt(object, 'spec', 'hostname'),
      subdomain: textAt(object, 'spec', 'subdomain'),
      namedPorts: namedPortsOf(object as unknown as Pod),
    },
  ];
}
