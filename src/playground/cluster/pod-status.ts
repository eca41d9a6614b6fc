import type { JsonObject } from '../../model/json.ts';
import type { PodStatus } from '../pod-runner/keep-pod.ts';

/** `status` of a Pod, of which the mesh reads addresses, phase and the condition Ready. */
export function renderStatus(
  status: PodStatus,
  place: { readonly podIp: string; readonly nodeIp: string },
): JsonObject {
  const ready = status.ready ? 'True' : 'False';
  return {
    phase: status.phase,
    message: status.message,
    hostIP: place.nodeIp,
    podIP: place.podIp,
    podIPs: [{ ip: place.podIp }],
    conditions: [
      { type: 'Ready', status: ready },
      { type: 'ContainersReady', status: ready },
    ],
    containerStatuses: status.containers.map(({ name, ready: isReady, restarts }) => ({
      name,
      ready: isReady,
      restartCount: restarts,
    })),
  };
}
