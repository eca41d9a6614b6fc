import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { TcpConnectionIR } from '../../ir/types/outbound.ts';
import type { HashPolicyIR } from '../../ir/types/route.ts';
import type { Service } from '../../model/service.ts';
import type { Destination } from '../../schema/common/destination.ts';

/** A service that a route names, as the client sees it. */
export interface KnownDestination {
  readonly service: Service;
  /** The host that its clusters are named after: another one where it is an ExternalName for a known service. */
  readonly host: string;
  /** How requests are told apart where the service's load balancer is a consistent hash. */
  hash(port: number, subset: string): readonly HashPolicyIR[];
  /** How its connections are passed on where no more is known of them. */
  connection(port: number, subset: string): TcpConnectionIR | undefined;
}

/** What routes need to know of the services that they name, by full host name. */
export type DestinationLookup = (host: string) => KnownDestination | undefined;

/** `outbound|9080|v1|reviews.default.svc.cluster.local` */
export function clusterName(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** `outbound_.9080_.v1_.reviews.default.svc.cluster.local`: the server name of mutual TLS within the mesh. */
export function sniOf(cluster: Pick<ClusterIR, 'port' | 'subset'>, host: string): string {
  return `outbound_.${cluster.port}_.${cluster.subset}_.${host}`;
}

export interface DestinationCluster {
  readonly cluster: string;
  readonly host: string;
  readonly port: number;
  readonly subset: string;
  readonly known: KnownDestination | undefined;
}

/** The cluster of a destination: its own port, else the only port of the service, else that of the listener. */
export function destinationCluster(
  destination: Destination,
  fullHost: string,
  listenerPort: number,
  lookup: DestinationLookup,
): DestinationCluster {
  const known = lookup(fullHost);
  const host = known?.host ?? fullHost;
  const ports = known?.service.ports ?? [];
  const only = ports.length === 1 ? ports[0]?.number : undefined;
  const port = destination.port?.number ?? only ?? listenerPort;
  const subset = destination.subset ?? '';
  return { cluster: clusterName(port, subset, host), host, port, subset, known };
}
