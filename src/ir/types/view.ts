import type { OutboundPortIR } from './outbound.ts';
import type { VirtualHostIR } from './route.ts';

/** The mesh as one kind of client sees it. */
export interface OutboundView {
  /** Equal for clients that share it. */
  readonly key: string;
  /** In order of the services' age. */
  readonly ports: readonly OutboundPortIR[];
  /** Hosts that only a VirtualService knows: on port 80. */
  readonly unregistered: readonly VirtualHostIR[];
  /** Nothing but what is known may be called. */
  readonly blocked: boolean;
  /** By a Sidecar resource: all of it is wanted. */
  readonly declared: boolean;
}
