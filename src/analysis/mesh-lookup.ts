import type { MeshSettings } from '../model/mesh-settings.ts';
import { Remembered, rememberedBy } from '../model/remembered.ts';
import type { Service } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import { type Client, hasLabels } from '../policy/client.ts';
import type { MergedRule } from '../policy/destination-rule/merge.ts';
import { findRule, indexRules, type RuleIndex } from '../policy/destination-rule/select.ts';
import { HostIndex } from '../policy/hosts.ts';
import { isVisible } from '../policy/visibility.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { AnalysisInput } from './analysis-input.ts';

/** What is looked up in a mesh, made once for what it is made of. */
export interface MeshLookup {
  /** Every service by its host, those for wildcards among them. */
  readonly services: HostIndex<Service>;
  readonly rules: RuleIndex;
  readonly servicesByNamespace: ReadonlyMap<string, readonly Service[]>;
  /** In order of their names. */
  readonly workloads: readonly Workload[];
  readonly workloadsByNamespace: ReadonlyMap<string, readonly Workload[]>;
  readonly settings: MeshSettings;
}

const servicesOf = rememberedBy((list: Snapshot['services']) => {
  const index = new HostIndex<Service>();
  for (const service of list) index.add(service.hostname, service);
  return index;
});
const servicesByNamespace = rememberedBy((list: Snapshot['services']) =>
  Map.groupBy(list, ({ namespace }) => namespace),
);
const workloadsByNamespace = rememberedBy((map: Snapshot['workloads']) =>
  Map.groupBy(map.values(), ({ namespace }) => namespace),
);
const workloadsOf = rememberedBy((map: Snapshot['workloads']) => [...map.values()]);
const rulesOf = new Remembered<Snapshot['destinationRules'], RuleIndex>(1);

export function lookupIn({ snapshot, settings }: Pick<AnalysisInput, 'snapshot' | 'settings'>): MeshLookup {
  const { destinationRules } = snapshot;
  const { domainSuffix } = settings;
  return {
    services: servicesOf(snapshot.services),
    rules: rulesOf.get(destinationRules, [domainSuffix], () => indexRules(destinationRules, domainSuffix)),
    servicesByNamespace: servicesByNamespace(snapshot.services),
    workloads: workloadsOf(snapshot.workloads),
    workloadsByNamespace: workloadsByNamespace(snapshot.workloads),
    settings,
  };
}

/** The service that clients of a namespace mean by a host. */
export function serviceFor(lookup: MeshLookup, host: string, namespace: string): Service | undefined {
  const service = lookup.services.find(host);
  return service !== undefined && isVisible(service.exportTo, service.namespace, namespace) ? service : undefined;
}

/** The rule that a client goes by when it calls a service. */
export function ruleFor(
  { rules, settings }: MeshLookup,
  { hostname: host, namespace: owner }: Service,
  client: Client,
): MergedRule | undefined {
  return findRule(rules, { host, owner, client, rootNamespaces: settings.rootNamespaces });
}

/** `shop` of `cart.shop.svc.cluster.local` */
export function namespaceOf(host: string, { settings }: MeshLookup): string | undefined {
  const end = `.svc.${settings.domainSuffix}`;
  return host.endsWith(end) ? host.slice(0, -end.length).split('.')[1] : undefined;
}

/** The pods that a selector takes, of one namespace or, undefined, of all. */
export function selectedWorkloads(
  { workloads, workloadsByNamespace }: MeshLookup,
  namespace: string | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): readonly Workload[] {
  const among = namespace === undefined ? workloads : (workloadsByNamespace.get(namespace) ?? []);
  return among.filter((workload) => hasLabels(workload.labels, labels));
}
