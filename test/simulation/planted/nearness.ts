import type { Dice } from '../world/dice.ts';
import { objectOf } from '../world/make-services.ts';
import type { KubernetesObject } from '../world/world.ts';

/** Where the two pods of a service are, and what its rule makes of that. The client is in zone r1/z1 of the network `near`. */
export interface Nearness {
  /** `region.zone` of each. */
  readonly places: readonly [string, string];
  /** Behind a gateway, each. */
  readonly far: readonly [boolean, boolean];
  /** Without outlier detection all places are alike. */
  readonly outlier: boolean;
  /** The region that comes after that of the client. */
  readonly next: string | undefined;
}

export const zonedService = {
  name: 'c',
  namespace: 'shop',
  address: '10.96.0.13',
  pods: '10.20.2',
  port: 7002,
} as const;
export const farGateway = { address: '192.0.2.9', port: 15443 } as const;

const places = ['r1.z1', 'r1.z2', 'r2.z1', 'r3.z1'];

export function makeNearness(dice: Dice): Nearness {
  return {
    places: [dice.one(places), dice.one(places)],
    far: [dice.chance(0.3), dice.chance(0.3)],
    outlier: dice.chance(0.7),
    next: dice.chance(0.5) ? dice.one(['r2', 'r3']) : undefined,
  };
}

/**
 * Whom a client calls, as the documentation says: of the nearest, in other networks their gateway.
 * https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/failover/
 * https://istio.io/latest/docs/setup/install/multicluster/multi-primary_multi-network/
 */
export function calledAt({ places: given, far, outlier, next }: Nearness): readonly string[] {
  const distances = given.map((place) => (outlier ? distanceOf(place, next) : 0));
  const nearest = Math.min(...distances);
  return given.flatMap((_, index) => {
    if (distances[index] !== nearest) return [];
    if (far[index] === true) return [`${farGateway.address}:${farGateway.port}`];
    return [`${zonedService.pods}.${index + 1}:${zonedService.port}`];
  });
}

function distanceOf(place: string, next: string | undefined): number {
  const [region] = place.split('.');
  if (place === 'r1.z1') return 0;
  if (region === 'r1') return 1;
  return next === undefined || region === next ? 2 : 3;
}

/** The pods with the labels of their places, and what belongs to them. */
export function withNearness(near: Nearness, objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const { name, namespace, address, port } = zonedService;
  const labelled = objects.map((object) => {
    const { kind, metadata } = object;
    const index = [`${name}-v1`, `${name}-v2`].indexOf(metadata.name);
    if (kind !== 'Pod') return object;
    if (index >= 0) return withLabels(object, near.places[index] ?? '', near.far[index] === true ? 'far' : 'near');
    return metadata.namespace === 'default' && ['eager', 'lazy'].includes(metadata.name)
      ? withLabels(object, 'r1.z1', 'near')
      : object;
  });
  const failover = near.next === undefined ? [] : [{ from: 'r1', to: near.next }];
  const loadBalancer = { localityLbSetting: { enabled: true, failover } };
  const trafficPolicy = { loadBalancer, ...(near.outlier ? { outlierDetection: {} } : {}) };
  const ports = [{ name: 'http', port: 80, targetPort: port }];
  const spec = { clusterIP: address, selector: { app: name }, ports };
  return [
    ...labelled,
    objectOf('v1', 'Service', [namespace, name], { spec }),
    objectOf('networking.istio.io/v1', 'DestinationRule', [namespace, name], { spec: { host: name, trafficPolicy } }),
    objectOf(
      'v1',
      'Service',
      ['istio-system', 'to-far'],
      {
        spec: { clusterIP: '10.96.0.31', ports: [{ name: 'tls', port: farGateway.port }] },
        status: { loadBalancer: { ingress: [{ ip: farGateway.address }] } },
      },
      { labels: { 'topology.istio.io/network': 'far' } },
    ),
  ];
}

function withLabels(object: KubernetesObject, place: string, network: string): KubernetesObject {
  const { metadata } = object;
  const labels = { ...(metadata['labels'] as object), 'istio-locality': place, 'topology.istio.io/network': network };
  return { ...object, metadata: { ...metadata, labels } };
}
