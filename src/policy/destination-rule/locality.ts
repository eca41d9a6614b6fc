import type { LocalityIR } from '../../ir/types/cluster.ts';
import type { MeshSettings, ZoneAwareSetting } from '../../model/mesh-settings.ts';
import type { Service } from '../../model/service.ts';
import type { LoadBalancer } from '../../schema/destination-rule/load-balancer.ts';

export interface LocalityContext {
  /** Failures of endpoints are noticed: without, Envoy would never leave the nearest ones. */
  readonly outlier: boolean;
  readonly distribution: Service['trafficDistribution'];
  readonly mesh: MeshSettings['localityLbSetting'];
  readonly meshZones: MeshSettings['zoneAwareLbSetting'];
}

/** In the order in which they count; those of Kubernetes are wanted whether failures are noticed or not. */
const ofKubernetes = {
  zone: ['topology.istio.io/network', 'topology.kubernetes.io/region', 'topology.kubernetes.io/zone'],
  node: [
    ...['topology.istio.io/network', 'topology.kubernetes.io/region', 'topology.kubernetes.io/zone'],
    ...['topology.istio.io/subzone', 'kubernetes.io/hostname'],
  ],
} as const;

/** As Envoy has it. */
const usualSize = 6;

function zonesOf({
  minClusterSize = usualSize,
  failover = [],
  failoverPriority = [],
}: Omit<ZoneAwareSetting, 'enabled'>): LocalityIR {
  return { kind: 'zones', minSize: minClusterSize, labels: labelsOf(failoverPriority), regions: regionsOf(failover) };
}

/**
 * Which endpoints are preferred because they are near: as the DestinationRule says (zones first), else the Service
 * (`trafficDistribution`), else the mesh. Undefined is all alike.
 */
export function localityOf(lb: LoadBalancer | undefined, context: LocalityContext): LocalityIR | undefined {
  const { outlier, distribution, mesh, meshZones } = context;
  const zones = lb?.zoneAwareLbSetting;
  if (zones !== undefined) return zones.enabled === false ? undefined : zonesOf(zones);
  const own = lb?.localityLbSetting;
  if (own === undefined && distribution !== undefined) return orderOf({ failoverPriority: ofKubernetes[distribution] });
  if (own === undefined && meshZones.enabled === true) return zonesOf(meshZones);
  const setting = own ?? mesh;
  if (setting.enabled === false) return undefined;
  const { distribute = [] } = setting;
  if (distribute.length > 0)
    return { kind: 'shares', shares: distribute.map(({ from = '', to = {} }) => ({ from, to })) };
  return outlier ? orderOf(setting) : undefined;
}

type Failover = Pick<MeshSettings['localityLbSetting'], 'failover' | 'failoverPriority'>;

function orderOf({ failover = [], failoverPriority = [] }: Failover): LocalityIR {
  const [labels, regions] = [labelsOf(failoverPriority), regionsOf(failover)];
  return { kind: 'order', labels, regions, byDistance: labels.length === 0 || regions.length > 0 };
}

function labelsOf(texts: readonly string[]) {
  return texts.map((text) => {
    const [name = '', value] = text.split('=');
    return { name, ...(value === undefined ? {} : { value }) };
  });
}

function regionsOf(failover: NonNullable<Failover['failover']>) {
  return failover.map(({ from = '', to = '' }) => ({ from, to }));
}
