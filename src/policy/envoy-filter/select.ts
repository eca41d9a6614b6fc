import type { PatchIR, PatchTarget } from '../../ir/types/patch.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import { fieldOf } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { EnvoyFilter } from '../../schema/kinds.ts';
import { hasLabels } from '../client.ts';
import { given } from '../given.ts';
import { isAttached, isTarget } from '../targets.ts';
import { isProxyMatched } from './proxy-match.ts';
import { type PatchedProxy, proxyMetadata } from './proxy-metadata.ts';

export interface PatchQuery {
  readonly proxy: PatchedProxy;
  readonly settings: Pick<MeshSettings, 'rootNamespaces' | 'clusterId' | 'meshId'>;
}

/** A pod before there is one: its proxy's metadata are those that its bootstrap will have. */
export interface NewProxy {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly role: 'sidecar' | 'gateway';
  readonly metadata: ReadonlyMap<string, string>;
}

type Selected = Pick<PatchedProxy, 'namespace' | 'labels'>;
type Entry = NonNullable<Config<EnvoyFilter>['spec']['configPatches']>[number];

/**
 * The patches for a workload in the order in which they are applied: by priority, those of the root namespaces before
 * those of its own, the oldest first (`configs` are in that order), as in Istio.
 */
export function patchesFor(configs: readonly Config<EnvoyFilter>[], query: PatchQuery): readonly PatchIR[] {
  const { proxy, settings } = query;
  const metadata = proxyMetadata(proxy, settings);
  return inOrder(configs, proxy, settings.rootNamespaces).flatMap((config) =>
    patchesOf(config, ({ match }) => isProxyMatched(match?.proxy ?? {}, metadata)),
  );
}

/** Those of the bootstrap of a pod that is being made, in the same order. */
export function bootstrapPatchesFor(
  configs: readonly Config<EnvoyFilter>[],
  proxy: NewProxy,
  rootNamespaces: readonly string[],
): readonly PatchIR[] {
  const isFor = ({ applyTo, match: { context = 'ANY', proxy: wanted = {} } = {} }: Entry): boolean =>
    applyTo === 'BOOTSTRAP' &&
    (context === 'ANY' || (context === 'GATEWAY') === (proxy.role === 'gateway')) &&
    isProxyMatched(wanted, proxy.metadata);
  return inOrder(configs, proxy, rootNamespaces).flatMap((config) => patchesOf(config, isFor));
}

function inOrder(configs: readonly Config<EnvoyFilter>[], proxy: Selected, rootNamespaces: readonly string[]) {
  const isRoot = ({ namespace }: Config<EnvoyFilter>) => rootNamespaces.includes(namespace);
  return configs
    .filter((config) => holdsFor(config, proxy, rootNamespaces))
    .sort((a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0) || Number(isRoot(b)) - Number(isRoot(a)));
}

/** In their order, without what is reported as left out; those of `isMeant` alone, if it is given. */
export function patchesOf(
  config: Config<EnvoyFilter>,
  isMeant: (entry: Entry) => boolean = () => true,
): readonly PatchIR[] {
  return (config.spec.configPatches ?? []).flatMap((entry, index) =>
    isMeant(entry) ? patchOf(config, entry, index) : [],
  );
}

function holdsFor(
  { namespace, spec }: Config<EnvoyFilter>,
  proxy: Selected,
  rootNamespaces: readonly string[],
): boolean {
  if (isAttached(spec)) return namespace === proxy.namespace && isTarget(spec, proxy.labels);
  if (namespace !== proxy.namespace && !rootNamespaces.includes(namespace)) return false;
  return hasLabels(proxy.labels, spec.workloadSelector?.labels);
}

const built: readonly string[] = [
  ...['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER', 'ROUTE_CONFIGURATION', 'VIRTUAL_HOST'],
  ...['HTTP_ROUTE', 'CLUSTER', 'LISTENER_FILTER', 'EXTENSION_CONFIG', 'BOOTSTRAP'],
];
/** Lists in which an item has a place; in others, as in Istio, what is to be inserted is added. */
const ordered: readonly string[] = ['LISTENER_FILTER', 'NETWORK_FILTER', 'HTTP_FILTER', 'HTTP_ROUTE'];
const isBuilt = (target: string | undefined): target is PatchTarget => target !== undefined && built.includes(target);

/** Nothing for what is reported as left out. */
function patchOf({ origin }: Config<EnvoyFilter>, { applyTo, match, patch }: Entry, index: number): PatchIR[] {
  const { listener, routeConfiguration: route, cluster, context = 'ANY' } = match ?? {};
  if (!isBuilt(applyTo) || patch?.operation === undefined) return [];
  if (applyTo === 'BOOTSTRAP' && patch.operation !== 'MERGE') return [];
  const value = typeof patch.value === 'object' && patch.value !== null ? patch.value : {};
  const { operation } = patch;
  const isAdded = operation.startsWith('INSERT_') && !ordered.includes(applyTo);
  const filterClass = patch.filterClass === 'UNSPECIFIED' ? undefined : patch.filterClass;
  return [
    {
      ...{ target: applyTo, operation: isAdded ? 'ADD' : operation, value: { ...value }, context },
      ...given({ listener, route, cluster, filterClass }),
      origin: fieldOf(origin, `spec.configPatches[${index}]`),
    },
  ];
}
