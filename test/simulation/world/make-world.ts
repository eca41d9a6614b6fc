import { Dice } from './dice.ts';
import { makeDialects } from './make-dialects.ts';
import { makeEmergencies } from './make-emergencies.ts';
import { makeGateways } from './make-gateways.ts';
import { withPlaces } from './make-places.ts';
import { makeAuthorizationPolicies, makePeerAuthentications } from './make-security.ts';
import { makePods, makeServiceEntries, makeServices } from './make-services.ts';
import { makeDestinationRules, makeSidecars, makeVirtualServices } from './make-traffic.ts';
import type { KubernetesObject, World } from './world.ts';

export interface Certificates {
  readonly certificate: string;
  readonly key: string;
  /** Of the mesh. */
  readonly roots: string;
}

const namespaces = ['default', 'shop', 'istio-system'].map(
  (name): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
);

/** What all worlds have: namespaces, and the Secrets of the gateway. */
function always({ certificate, key, roots }: Certificates): World {
  const secret = (name: string, more: Record<string, string>): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'istio-system' },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': certificate, 'tls.key': key, ...more },
  });
  return [...namespaces, secret('certificate', {}), secret('mutual', { 'ca.crt': roots })];
}

/** Any valid mesh; the same for the same seed. */
export function makeWorld(seed: number, certificates: Certificates): World {
  const dice = new Dice(seed);
  const gateways = makeGateways(dice);
  const names = gateways.map(({ metadata }) => metadata.name);
  const pods = makePods(dice);
  const services = makeServices(dice);
  const made = [
    ...pods,
    ...services,
    ...makeServiceEntries(dice),
    ...makeDestinationRules(dice),
    ...makeVirtualServices(dice, names),
    ...gateways,
    ...makeSidecars(dice),
    ...makePeerAuthentications(dice),
    ...makeAuthorizationPolicies(dice),
    // Last, so that the rest of a seed's world stays what it was.
    ...makeDialects(dice, services),
  ];
  // An emergency is as old as the control plane's knowledge of it: one of January would have ended.
  const placed = withPlaces(new Dice(seed ^ 0x3c6ef372), made);
  return [...always(certificates), ...placed.map(withAge), ...makeEmergencies(dice)];
}

/** Who is older decides conflicts. */
function withAge(object: KubernetesObject, index: number): KubernetesObject {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString();
  return { ...object, metadata: { ...object.metadata, creationTimestamp } };
}
