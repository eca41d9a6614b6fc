import type { JsonObject } from '../model/json.ts';
import { listAt, numberAt, textAt } from './fields.ts';

/** What keeps a pod from running, in the words of the kubelet, the scheduler or the container itself. */
export interface PodTrouble {
  readonly text: string;
  /** It does not go by itself: an image that is not had, a container that ends again and again. A node may still come. */
  readonly stuck: boolean;
}

/** Before anything is wrong. */
const onItsWay = ['', 'PodInitializing', 'ContainerCreating'];
/** https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff and the kubelet's other reasons to wait. */
const stuckReasons = [
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError'],
  ...['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'CrashLoopBackOff'],
];
const manyRestarts = 3;
const longestMessage = 400;

/** Undefined where nothing is said. Pure. */
export function troubleOfPod(pod: JsonObject): PodTrouble | undefined {
  const name = textAt(pod, 'metadata', 'name');
  const containers = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')];
  for (const container of containers) {
    const found = troubleOfContainer(container);
    if (found !== undefined) return { ...found, text: `${name}: ${textAt(container, 'name')}: ${found.text}` };
  }
  const scheduled = listAt(pod, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'PodScheduled' && textAt(condition, 'status') === 'False',
  );
  return scheduled === undefined ? undefined : { text: `${name}: ${textAt(scheduled, 'message')}`, stuck: false };
}

function troubleOfContainer(container: unknown): PodTrouble | undefined {
  const reason = textAt(container, 'state', 'waiting', 'reason');
  const restarts = numberAt(container, 'restartCount');
  const end = lastEnd(container);
  if (!onItsWay.includes(reason)) {
    // Of a crash the kubelet says only how long it waits.
    const message = reason === 'CrashLoopBackOff' ? end : textAt(container, 'state', 'waiting', 'message');
    return { text: message === '' ? reason : `${reason}: ${cut(message)}`, stuck: stuckReasons.includes(reason) };
  }
  const isReady =
    typeof container === 'object' && container !== null && 'ready' in container && container.ready === true;
  if (restarts === 0 || isReady) return undefined;
  const times = restarts === 1 ? 'started again once' : `started again ${restarts} times`;
  return { text: `${times}${end === '' ? '' : `: ${cut(end)}`}`, stuck: restarts >= manyRestarts };
}

/** How it ended the last time; with `terminationMessagePolicy: FallbackToLogsOnError` the end of its log is in it. */
function lastEnd(container: unknown): string {
  const reason = textAt(container, 'lastState', 'terminated', 'reason');
  if (reason === '') return '';
  const lines = textAt(container, 'lastState', 'terminated', 'message').trim().split('\n');
  const code = numberAt(container, 'lastState', 'terminated', 'exitCode');
  const said = lines.slice(-3).join(' | ');
  return `it ended with exit code ${code} (${reason})${said === '' ? '' : `: ${said}`}`;
}

const cut = (text: string): string => (text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text);
