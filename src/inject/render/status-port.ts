import { OutriggerError } from '../../errors.ts';
import type { Pod } from '../../model/pod.ts';
import type { InjectionSettings } from '../review/settings.ts';
import type { AnnotationReader } from './annotation-reader.ts';

const key = 'status.sidecar.istio.io/port';
/** Ports of the proxy's other listeners: two on one port keep Envoy from starting. */
const taken = [15000, 15001, 15006, 15008, 15021, 15053, 15090];

/** 0 takes the proxy's probes out. @throws OutriggerError OR1201 for a port that is in use in the pod. */
export function readStatusPort(reader: AnnotationReader, settings: InjectionSettings, pod: Pod): number {
  const annotated = reader.uint(key, 16);
  const port = annotated ?? settings.proxy.statusPort;
  const at = annotated === undefined ? 'injection.proxy.statusPort' : reader.at(key);
  const owner = taken.includes(port) ? 'the proxy itself' : ownerOf(port, pod);
  if (port !== 0 && owner !== undefined)
    throw new OutriggerError('OR1201', `port ${port} is used by ${owner}: take another, or none for 15020`, { at });
  return port;
}

function ownerOf(port: number, pod: Pod): string | undefined {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].filter(
    (one) => one.name !== 'istio-proxy',
  );
  const owner = containers.find((one) => (one.ports ?? []).some((declared) => declared.containerPort === port));
  return owner === undefined ? undefined : `container ${owner.name}`;
}
