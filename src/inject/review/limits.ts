import { OutriggerError } from '../../errors.ts';
import type { Pod } from '../../model/pod.ts';

/** Kubernetes' own limit for the annotations of an object together (apimachinery, TotalAnnotationSizeLimitB). */
const annotationBytes = 256 * 1024;

/**
 * Kubernetes refuses larger annotations only after the webhooks; work on them would be for nothing, and would hold
 * up everybody else's.
 *
 * @throws OutriggerError OR1220
 */
export function checkSize(pod: Pod): void {
  let total = 0;
  for (const [key, value] of Object.entries(pod.metadata.annotations ?? {})) total += key.length + value.length;
  if (total > annotationBytes) {
    throw new OutriggerError('OR1220', `they have ${total} characters together, more than ${annotationBytes}`, {
      at: 'metadata.annotations',
    });
  }
}
