import type { Origin } from '../../model/origin.ts';

export type PatchTarget =
  | 'LISTENER'
  | 'LISTENER_FILTER'
  | 'FILTER_CHAIN'
  | 'NETWORK_FILTER'
  | 'HTTP_FILTER'
  | 'ROUTE_CONFIGURATION'
  | 'VIRTUAL_HOST'
  | 'HTTP_ROUTE'
  | 'CLUSTER'
  | 'EXTENSION_CONFIG'
  | 'BOOTSTRAP';
export type PatchOperation = 'MERGE' | 'ADD' | 'REMOVE' | 'INSERT_BEFORE' | 'INSERT_AFTER' | 'INSERT_FIRST' | 'REPLACE';
export type PatchContext = 'ANY' | 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND' | 'GATEWAY';

/** A change of finished configuration; what is undefined fits anything. */
export interface PatchIR {
  readonly target: PatchTarget;
  readonly operation: PatchOperation;
  /** A part of Envoy's configuration, as protobuf's JSON. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly context: PatchContext;
  /** What a filter that is added comes behind, or before (STATS). */
  readonly filterClass?: 'AUTHN' | 'AUTHZ' | 'STATS';
  readonly listener?: ListenerMatchIR;
  readonly route?: RouteMatchIR;
  readonly cluster?: ClusterMatchIR;
  readonly origin: Origin;
}

export interface ListenerMatchIR {
  readonly name?: string;
  readonly portNumber?: number;
  /** What a patch of filters of listeners stands beside; it chooses no listener. */
  readonly listenerFilter?: string;
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
  /** Of gateways; sidecars do not look at it, as in Istio. */
  readonly portName?: string;
  /** `<namespace>/<name>`, where a gateway has routes of one Gateway alone: with TLS. */
  readonly gateway?: string;
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
