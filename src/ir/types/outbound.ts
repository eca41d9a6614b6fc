import type { Origin } from '../../model/origin.ts';
import type { Protocol } from '../../model/protocol.ts';
import type { Service } from '../../model/service.ts';
import type { ClusterIR } from './cluster.ts';
import type { VirtualHostIR } from './route.ts';

/** One port of a service as a client sees it. Shared by all clients that see the same. */
export interface OutboundPortIR {
  readonly service: Service;
  readonly port: number;
  readonly portName: string;
  readonly protocol: Protocol;
  /** Where HTTP may be spoken. */
  readonly virtualHost: VirtualHostIR | undefined;
  /** Connections by SNI, in order; empty when nothing was said and SNI plays no part. */
  readonly tls: readonly TlsRouteIR[];
  /** Connections of which no more is known; undefined where only HTTP is spoken. */
  readonly tcp: TcpRouteIR | undefined;
  /** The whole service first, then each subset. */
  readonly clusters: readonly ClusterIR[];
}

export interface TcpRouteIR {
  /** At least one. */
  readonly destinations: readonly { readonly cluster: string; readonly weight: number }[];
  /** Undefined is without limits, to any endpoint, as sent. */
  readonly connection?: TcpConnectionIR;
  readonly origins: readonly Origin[];
}

/** How connections are passed on. At least one of its fields. */
export interface TcpConnectionIR {
  /** 0 is without limit. */
  readonly idleTimeoutMs?: number;
  readonly maxDurationMs?: number;
  /** The same client goes to the same endpoint. */
  readonly bySourceIp?: true;
  /** Through an HTTP proxy to `target` (host:port). */
  readonly tunnel?: { readonly target: string; readonly method: 'CONNECT' | 'POST' };
}

export interface TlsRouteIR extends TcpRouteIR {
  readonly sniHosts: readonly string[];
  /** CIDRs; empty is any. */
  readonly subnets: readonly string[];
}
