import type { JsonObject } from '../../../src/model/json.ts';
import type { Container, Pod } from '../../../src/model/pod.ts';
import type { ContainerStatus, PodStatus } from '../../../src/playground/pod-runner/keep-pod.ts';

export interface StatusPlace {
  readonly podIp: string | undefined;
  readonly nodeIp: string;
  /** RFC 3339, in seconds. */
  readonly startTime: string;
}

/** `status` of a Pod as a kubelet writes it, with all that the API server and the controllers demand. */
export function renderPodStatus(pod: Pod, status: PodStatus, place: StatusPlace): JsonObject {
  const { podIp, nodeIp, startTime } = place;
  const running = status.phase !== 'Pending';
  const condition = (type: string, holds: boolean): JsonObject => {
    return { type, status: holds ? 'True' : 'False', lastTransitionTime: startTime };
  };
  const { initContainers = [], containers } = pod.spec;
  const ran = (container: Container): JsonObject =>
    containerStatus(
      container,
      status.containers.find(({ name }) => name === container.name),
      { status, startTime },
    );
  return {
    phase: status.phase,
    ...(status.message === '' ? {} : { message: status.message.slice(0, 1000) }),
    hostIP: nodeIp,
    hostIPs: [{ ip: nodeIp }],
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime,
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', running),
      condition('ContainersReady', status.ready),
      condition('Ready', status.ready),
    ],
    initContainerStatuses: initContainers.map((one) =>
      one.restartPolicy === 'Always' ? ran(one) : initStatus(one, running, startTime),
    ),
    containerStatuses: containers.map(ran),
  };
}

function containerStatus(
  container: Container,
  found: ContainerStatus | undefined,
  around: { readonly status: PodStatus; readonly startTime: string },
): JsonObject {
  const { status, startTime } = around;
  return {
    ...imageOf(container),
    ready: found?.ready ?? false,
    restartCount: found?.restarts ?? 0,
    started: status.phase === 'Running',
    state: stateOf(status, startTime),
  };
}

function stateOf({ phase, message }: PodStatus, startedAt: string): JsonObject {
  if (phase === 'Running') return { running: { startedAt } };
  if (phase === 'Pending') return { waiting: { reason: message === '' ? 'PodInitializing' : 'CrashLoopBackOff' } };
  const exitCode = phase === 'Failed' ? 1 : 0;
  return { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt } };
}

function initStatus(container: Container, done: boolean, startTime: string): JsonObject {
  const ended = { exitCode: 0, reason: 'Completed', startedAt: startTime, finishedAt: startTime };
  const state: JsonObject = done ? { terminated: ended } : { waiting: { reason: 'PodInitializing' } };
  return { ...imageOf(container), ready: done, restartCount: 0, started: false, state };
}

/** There are no images: the name stands for the digest, too. */
function imageOf({ name, image = '' }: Container): { name: string; image: string; imageID: string } {
  return { name, image, imageID: image };
}
