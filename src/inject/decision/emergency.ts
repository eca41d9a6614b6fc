import type { PodFacts } from '../review/request.ts';
import type { Reason } from './reason.ts';

/**
 * What an emergency of the level `inject` has to say about a pod that would be injected; undefined where there is none. A
 * gateway is nothing without its proxy, so its pods are injected all the same.
 */
export function emergencyReason({ stopped, podAnnotations }: PodFacts): Reason | undefined {
  const isGateway = (podAnnotations['inject.istio.io/templates'] ?? '').split(',').includes('gateway');
  if (stopped === undefined || isGateway) return undefined;
  const why = stopped.reason === '' ? '' : ` (${stopped.reason})`;
  const message = `The emergency ${stopped.name}${why} stops injection until ${stopped.until.toISOString()}.`;
  const warning = `${message} Restart the pod then to have it in the mesh.`;
  return { check: 'emergency', code: 'emergency', verdict: 'skip', message, warning };
}
