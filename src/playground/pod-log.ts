import { type AskedLog, type LogTail, loggedContainer, mostLogBytes } from '../model/log-tail.ts';
import type { LivePod } from './cluster/live-pod.ts';
import { endOfFile } from './pod-runner/end-of-file.ts';

/** Undefined: the pod has no such container. Nothing yet of one that has not begun. */
export function tailOfPod(pod: LivePod | undefined, { container }: AskedLog): LogTail | undefined {
  const found = pod && loggedContainer(pod.pod, container);
  if (found === undefined) return undefined;
  const running = pod?.kept?.running?.container(found.container);
  return { ...found, text: running === undefined ? '' : endOfFile(running.logFile, mostLogBytes) };
}
