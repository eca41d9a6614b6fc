import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { XdsResource } from '../resource.ts';
import { translateCluster } from './cluster.ts';

/** A cluster of a gateway: as for sidecars, but that its TLS may come from a Secret whoever the rule is for. */
export function translateGatewayCluster(cluster: ClusterIR): XdsResource {
  const { tls } = cluster;
  return translateCluster(
    tls.kind === 'given' ? { ...cluster, tls: { ...tls, credentialForSidecars: true } } : cluster,
  );
}
