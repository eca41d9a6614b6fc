import type { Dice } from './dice.ts';
import { objectOf } from './make-services.ts';
import type { KubernetesObject } from './world.ts';

type Part = Readonly<Record<string, unknown>>;

const zones = ['r1.z1', 'r1.z2', 'r2.z1', 'r3.z1'];
const clients = ['eager', 'lazy', 'gateway'];

/** In some worlds pods are in zones and networks, rules look for who fails, and a gateway leads to the other network. */
export function withPlaces(dice: Dice, objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  if (dice.chance(0.5)) return objects;
  const networked = dice.chance(0.5);
  const placed = objects.map((object) => {
    if (object.kind === 'DestinationRule')
      return dice.chance(0.6) ? { ...object, spec: withLocality(dice, object.spec) } : object;
    return object.kind === 'Pod' ? placedPod(dice, object, networked) : object;
  });
  const zoned = placed.map((object) =>
    object.kind === 'DestinationRule' && dice.chance(0.3) ? { ...object, spec: withZones(dice, object.spec) } : object,
  );
  return networked ? [...zoned, farGateway] : zoned;
}

/**
 * Shares of zones, in place of what else the rule says of places: who is a candidate and that Envoy takes it is compared, how many
 * calls each gets is not (0323).
 */
function withZones(dice: Dice, spec: unknown): KubernetesObject['metadata'][string] {
  const { trafficPolicy = {}, ...rest } = Object(spec);
  const { loadBalancer = {}, ...policy } = trafficPolicy;
  const { localityLbSetting: _, ...kept } = loadBalancer;
  const zoneAwareLbSetting = dice.one<Part>([
    { enabled: true, minClusterSize: 1 },
    { enabled: true },
    { enabled: false },
    { enabled: true, minClusterSize: 1, failover: [{ from: 'r1', to: dice.one(['r2', 'r3']) }] },
    { enabled: true, minClusterSize: 1, failoverPriority: ['version'] },
  ]);
  return { ...rest, trafficPolicy: { ...policy, loadBalancer: { ...kept, zoneAwareLbSetting } } };
}

/** Proxies that speak are all in one place. */
function placedPod(dice: Dice, object: KubernetesObject, networked: boolean): KubernetesObject {
  const { metadata } = object;
  const isClient = clients.includes(metadata.name);
  const network = isClient || dice.chance(0.7) ? 'near' : 'far';
  const place = { 'istio-locality': isClient ? 'r1.z1' : dice.one(zones) };
  const said = networked ? { 'topology.istio.io/network': network } : {};
  return { ...object, metadata: { ...metadata, labels: { ...Object(metadata['labels']), ...place, ...said } } };
}

/** At an address and a port where servers of the world are. */
const farGateway = objectOf(
  'v1',
  'Service',
  ['istio-system', 'to-far'],
  {
    spec: { clusterIP: '10.96.0.31', ports: [{ name: 'tls', port: 7000 }] },
    status: { loadBalancer: { ingress: [{ ip: '172.20.3.9' }] } },
  },
  { labels: { 'topology.istio.io/network': 'far', 'networking.istio.io/gatewayPort': '7000' } },
);

function withLocality(dice: Dice, spec: unknown): KubernetesObject['metadata'][string] {
  const { trafficPolicy = {}, ...rest } = Object(spec);
  const { loadBalancer = {}, ...policy }: { loadBalancer?: Part } = trafficPolicy;
  const localityLbSetting = dice.one<Part>([
    { enabled: true },
    { enabled: false },
    { enabled: true, failover: [{ from: 'r1', to: dice.one(['r2', 'r3']) }] },
    { enabled: true, failoverPriority: ['topology.kubernetes.io/region', 'version=v1'] },
    { enabled: true, distribute: [{ from: 'r1/*', to: { 'r1/z1/*': 80, 'r2/*': 20 } }] },
  ]);
  return {
    ...rest,
    trafficPolicy: { ...policy, outlierDetection: {}, loadBalancer: { ...loadBalancer, localityLbSetting } },
  };
}
