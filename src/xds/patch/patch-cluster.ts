import type { ClusterMatchIR, PatchIR } from '../../ir/types/patch.ts';
import type { Message } from '../resource.ts';
import { canonical, merged } from './merge.ts';

const clusterType = 'envoy.config.cluster.v3.Cluster';

/** The cluster after the patch; the same one where it fits nothing, undefined where it is removed. */
export function patchCluster(cluster: Message, patch: PatchIR): Message | undefined {
  if (!isMatched(cluster, patch.cluster)) return cluster;
  if (patch.operation === 'REMOVE') return undefined;
  if (patch.operation !== 'MERGE') return cluster;
  return { ...(merged(clusterType, cluster, canonical(clusterType, patch.value)) as Message), name: cluster.name };
}

/** Istio's name of a cluster: one that is asked for by address has another name, and this one in its statistics. */
export function istioName({ name, alt_stat_name: alt }: Message): string {
  const own = String(name ?? '');
  return own.includes('|||') || /^(?:in|out)bound\|/.test(own) ? own : String(alt ?? own).replace(/;$/, '');
}

function isMatched(cluster: Message, match: ClusterMatchIR | undefined): boolean {
  if (match === undefined) return true;
  const name = istioName(cluster);
  if (match.name !== undefined && match.name !== name) return false;
  const [, port = '', subset = '', host = ''] = name.split('|');
  if (match.portNumber !== undefined && String(match.portNumber) !== port) return false;
  if (match.subset !== undefined && match.subset !== subset) return false;
  return match.service === undefined || hostsOf(cluster, host).includes(match.service);
}

/** Those of a cluster to the app stand in its metadata, as in Istio. */
function hostsOf({ metadata }: Message, host: string): readonly unknown[] {
  if (host !== '') return [host];
  const { filter_metadata: { istio: { services = [] } = {} } = {} } = (metadata ?? {}) as ServiceMetadata;
  return services.map((service) => service.host);
}

interface ServiceMetadata {
  readonly filter_metadata?: { readonly istio?: { readonly services?: readonly { readonly host?: unknown }[] } };
}
