import type { Endpoint, Locality } from '../model/endpoint.ts';
import type { Origin } from '../model/origin.ts';
import type { Workload } from '../model/workload.ts';
import { isKnown } from './locality.ts';

/** A workload as endpoints see it. */
export interface PodView {
  readonly workload: Workload;
  readonly ready: boolean;
  readonly terminating: boolean;
}

/** What is known of an endpoint without its workload. */
export interface Address {
  readonly address: string;
  readonly port: number;
  readonly servicePort: string;
  readonly health: Endpoint['health'];
  readonly locality: Locality;
  readonly nodeName: string;
  readonly namespace: string;
  readonly origin: Origin;
}

const tlsMode = 'security.istio.io/tlsMode';

export function endpointAt(address: Address, workload: Workload | undefined): Endpoint {
  if (workload === undefined) {
    const unknown = { workload: '', workloadName: '', canonicalService: '', canonicalRevision: '' };
    return { ...address, ...unknown, labels: {}, weight: 1, meshed: false, serviceAccount: '', network: '' };
  }
  const { labels, serviceAccount, namespace, workloadName, canonicalService, canonicalRevision } = workload;
  return {
    ...address,
    ...{ labels, serviceAccount, namespace, workloadName, canonicalService, canonicalRevision },
    locality: isKnown(workload.locality) ? workload.locality : address.locality,
    nodeName: address.nodeName || workload.nodeName,
    ...{ weight: 1, meshed: labels[tlsMode] === 'istio', workload: workload.id, network: workload.network },
  };
}

export function healthOfPod({ ready, terminating }: PodView): Endpoint['health'] {
  if (terminating) return 'terminating';
  return ready ? 'ready' : 'not-ready';
}
