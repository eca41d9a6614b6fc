import { Dice } from './dice.ts';
import { makeGateways } from './make-gateways.ts';
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
  const made = [
    ...makePods(dice),
    ...makeServices(dice),
    ...makeServiceEntries(dice),
    ...makeDestinationRules(dice),
    ...makeVirtualServices(dice, names),
    ...gateways,
    ...makeSidecars(dice),
    ...makePeerAuthentications(dice),
    ...makeAuthorizationPolicies(dice),
  ];
  return [...always(certificates), ...made.map(withAge)];
}

/** Who is older decides conflicts. */
function withAge(object: KubernetesObject, index: number): KubernetesObject {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString();
  return { ...object, metadata: { ...object.metadata, creationTimestamp } };
}
