import type { Pod } from './pod.ts';

/** Which log somebody wants to see. */
export interface AskedLog {
  readonly namespace: string;
  readonly pod: string;
  /** '' is the one that kubectl takes then. */
  readonly container: string;
}

/** What a container has written last. */
export interface LogTail {
  /** All of the pod, those first that serve; what begins before them comes after them. */
  readonly containers: readonly string[];
  readonly container: string;
  /** Its end, at most `mostLogBytes` of UTF-8; the first line may have lost its beginning. */
  readonly text: string;
}

/** Where all pods are on this machine. Undefined: there is no pod or container of that name. */
export type LocalLog = (asked: AskedLog) => LogTail | undefined;

export const mostLogBytes = 64 * 1024;

/** Undefined: the pod has no such container. https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container */
export function loggedContainer({ metadata, spec }: Pod, wanted: string): Omit<LogTail, 'text'> | undefined {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name);
  const usual = metadata?.annotations?.['kubectl.kubernetes.io/default-container'] ?? '';
  const container = wanted !== '' ? wanted : containers.includes(usual) ? usual : (containers[0] ?? '');
  return containers.includes(container) ? { containers, container } : undefined;
}
