import { OutriggerError } from '../../errors.ts';
import type { Pod } from '../../model/pod.ts';

/** Kubernetes' own limit for the annotations of an object together (apimachinery, TotalAnnotationSizeLimitB). */
const annotationBytes = 256 * 1024;
/** No node runs so many; the kubelet's own limit is on pods, some hundred a node. */
const mostContainers = 250;

/**
 * Kubernetes refuses larger annotations only after the webhooks; work on them would be for nothing, and would hold
 * up everybody else's.
 *
 * @throws OutriggerError OR1220, OR1222
 */
export function checkSize(pod: Pod): void {
  const { containers, initContainers } = pod.spec;
  const count = containers.length + (initContainers ?? []).length;
  if (count > mostContainers) {
    throw new OutriggerError('OR1222', `it has ${count} containers, more than ${mostContainers}`, {
      at: 'spec.containers',
    });
  }
  let total = 0;
  for (const [key, value] of Object.entries(pod.metadata.annotations ?? {})) total += key.length + value.length;
  if (total > annotationBytes) {
    throw new OutriggerError('OR1220', `they have ${total} characters together, more than ${annotationBytes}`, {
      at: 'metadata.annotations',
    });
  }
}
