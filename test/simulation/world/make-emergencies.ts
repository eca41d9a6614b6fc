import type { Dice } from './dice.ts';
import { objectOf } from './make-services.ts';
import type { KubernetesObject } from './world.ts';

/**
 * Of policies and of mutual TLS. A bypass is not of these: what it does depends on the second. Nor are rate limits: how many
 * calls came before is no part of a call.
 */
export function makeEmergencies(dice: Dice): KubernetesObject[] {
  if (!dice.chance(0.15)) return [];
  const spec = {
    level: dice.one(['authz', 'plaintext']),
    ttl: '1h',
    reason: 'simulated',
    ...dice.maybe(0.4, () => ({ selector: { matchLabels: { app: dice.one(['caller', 'gw']) } } })),
  };
  return [objectOf('outrigger.io/v1alpha1', 'Emergency', [dice.one(['default', 'istio-system']), 'relief'], { spec })];
}
