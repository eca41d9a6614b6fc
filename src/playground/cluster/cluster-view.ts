import type { SourceObject } from '../../source/object-source.ts';
import type { Zone } from '../dns/zone.ts';
import type { ServiceRule } from '../network/nft-rules.ts';
import { buildSlices, groupEndpoints, type PlacedPod } from './endpoint-slices.ts';
import { textMapAt } from './json-reading.ts';
import { buildZone, type ServiceView, serviceRules } from './service-routes.ts';

/** All that follows from services and pods. */
export interface ClusterView {
  readonly slices: readonly SourceObject[];
  readonly zone: Zone;
  readonly rules: readonly ServiceRule[];
}

export interface ViewInput {
  readonly services: readonly SourceObject[];
  readonly nodes: readonly SourceObject[];
  readonly pods: readonly PlacedPod[];
  readonly domain: string;
}

export function deriveView({ services, nodes, pods, domain }: ViewInput): ClusterView {
  const zones = new Map(
    nodes.map(({ name, object }) => [
      name,
      textMapAt(object, 'metadata', 'labels')['topology.kubernetes.io/zone'] ?? '',
    ]),
  );
  const byNamespace = Map.groupBy(pods, ({ namespace }) => namespace);
  const views: ServiceView[] = services.map((service) => ({
    service,
    groups: groupEndpoints(service, byNamespace.get(service.namespace) ?? []),
  }));
  return {
    slices: views.flatMap(({ service, groups }) => buildSlices(service, groups, (node) => zones.get(node) ?? '')),
    zone: buildZone(views, domain),
    rules: serviceRules(views),
  };
}
