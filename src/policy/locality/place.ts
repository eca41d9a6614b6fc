import type { LocalityIR } from '../../ir/types/cluster.ts';
import type { Locality } from '../../model/endpoint.ts';
import { networkLabel } from '../../model/network.ts';

/** How many of something are in each zone. */
export type ZoneCounts = ReadonlyMap<string, number>;

/** Where something is: a client or an endpoint. */
export interface Place {
  readonly locality: Locality;
  /** '' when it is not known. */
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As it says itself; '' is nothing. */
  readonly network: string;
  /** Absent for an endpoint. */
  readonly ips?: readonly string[];
  /** How many pods of its own service are in each zone. */
  readonly peers?: () => ZoneCounts;
}

const ofTopology: Readonly<Record<string, (place: Place) => string>> = {
  'topology.kubernetes.io/region': ({ locality }) => locality.region,
  'topology.kubernetes.io/zone': ({ locality }) => locality.zone,
  'topology.istio.io/subzone': ({ locality }) => locality.subzone,
  'kubernetes.io/hostname': ({ nodeName }) => nodeName,
  [networkLabel]: ({ network }) => network,
};

/** The value of a label, of those that Kubernetes gives to nodes, too; '' when it has none. */
export function labelAt(place: Place, label: string): string {
  const known = Object.hasOwn(ofTopology, label) ? ofTopology[label] : undefined;
  if (known !== undefined) return known(place);
  return Object.hasOwn(place.labels, label) ? (place.labels[label] ?? '') : '';
}

/** `r1/z1`, `r1/z1/*`, `*`: parts that are left out hold for any. */
export function isWithin({ region, zone, subzone }: Locality, pattern: string): boolean {
  const [first = '', second = '*', third = '*'] = pattern.split('/');
  const holds = (part: string, value: string) => part === '*' || part === value;
  return holds(first, region) && holds(second, zone) && holds(third, subzone);
}

/** All that tells clients apart for a cluster: equal texts, equal endpoints in equal order. */
export function placeKey(rule: LocalityIR, place: Place): string {
  if (rule.kind === 'shares') return String(rule.shares.findIndex(({ from }) => isWithin(place.locality, from)));
  const { region, zone, subzone } = place.locality;
  if (rule.kind === 'zones')
    return JSON.stringify([region, zone, [...peersNear(place)], rule.labels.map(({ name }) => labelAt(place, name))]);
  const where = rule.byDistance ? [region, zone, subzone] : [];
  return JSON.stringify([...where, ...rule.labels.map((label) => labelAt(place, label.name))]);
}

/** The pods of the client's own service in its region. */
export function peersNear({ locality: { region }, peers }: Place): ZoneCounts {
  return new Map([...(peers?.() ?? [])].filter(([zone]) => zone.startsWith(`${region}/`)));
}
