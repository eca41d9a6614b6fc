import type { Origin } from '../../model/origin.ts';

export type PatchTarget =
  | 'LISTENER'
  | 'FILTER_CHAIN'
  | 'NETWORK_FILTER'
  | 'HTTP_FILTER'
  | 'ROUTE_CONFIGURATION'
  | 'VIRTUAL_HOST'
  | 'HTTP_ROUTE'
  | 'CLUSTER';
export type PatchOperation = 'MERGE' | 'ADD' | 'REMOVE' | 'INSERT_BEFORE' | 'INSERT_AFTER' | 'INSERT_FIRST' | 'REPLACE';
export type PatchContext = 'ANY' | 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND' | 'GATEWAY';

/** A change of finished configuration; what is undefined fits anything. */
export interface PatchIR {
  readonly target: PatchTarget;
  readonly operation: PatchOperation;
  /** A part of Envoy's configuration, as protobuf's JSON. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly context: PatchContext;
  readonly listener?: ListenerMatchIR;
  readonly route?: RouteMatchIR;
  readonly cluster?: ClusterMatchIR;
  readonly origin: Origin;
}

export interface ListenerMatchIR {
  readonly name?: string;
  readonly portNumber?: number;
  readonly filterChain?: {
    readonly name?: string;
    readonly sni?: string;
    readonly transportProtocol?: string;
    readonly applicationProtocols?: string;
    readonly destinationPort?: number;
    readonly filter?: { readonly name?: string; readonly subFilter?: { readonly name?: string } };
  };
}

export interface RouteMatchIR {
  readonly name?: string;
  readonly portNumber?: number;
  readonly vhost?: {
    readonly name?: string;
    readonly domainName?: string;
    readonly route?: { readonly name?: string; readonly action?: 'ANY' | 'ROUTE' | 'REDIRECT' | 'DIRECT_RESPONSE' };
  };
}

export interface ClusterMatchIR {
  readonly name?: string;
  readonly service?: string;
  readonly subset?: string;
  readonly portNumber?: number;
}
