import type { ClusterIR } from './cluster.ts';
import type { OutboundPortIR } from './outbound.ts';
import type { VirtualHostIR } from './route.ts';

/** The mesh as one kind of client sees it. */
export interface OutboundView {
  /** Equal for clients that share it. */
  readonly key: string;
  /** What is called at the addresses of the services. In order of the services' age. */
  readonly ports: readonly OutboundPortIR[];
  /** What is called at addresses that a Sidecar gives, and nowhere else. */
  readonly bound: readonly BoundPortIR[];
  /** Of what is not called by itself: where rules lead. */
  readonly further: readonly ClusterIR[];
  /** Hosts that only a VirtualService knows: on port 80. */
  readonly unregistered: readonly VirtualHostIR[];
  /** Nothing but what is known may be called. */
  readonly blocked: boolean;
  /** The cluster that takes calls of unknown hosts; '' leaves them where they were meant to go. */
  readonly egressProxy: string;
  /** By a Sidecar resource: all of it is wanted. */
  readonly declared: boolean;
}

export interface BoundPortIR {
  readonly address: string;
  readonly port: number;
  /** The proxy itself listens there; else iptables brings what apps send there. */
  readonly listens: boolean;
  /** All of this port. */
  readonly entries: readonly OutboundPortIR[];
}

/** Every port of a view, wherever it is called. */
export function portsOfView({ ports, bound }: Pick<OutboundView, 'ports' | 'bound'>): readonly OutboundPortIR[] {
  return bound.length === 0 ? ports : [...ports, ...bound.flatMap(({ entries }) => entries)];
}
