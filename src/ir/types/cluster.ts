import type { Origin } from '../../model/origin.ts';

/** What answers behind a name: one service port, or a subset of its endpoints. Durations are milliseconds. */
export interface ClusterIR {
  /** `outbound|9080|v1|reviews.default.svc.cluster.local` */
  readonly name: string;
  readonly service: { readonly hostname: string; readonly namespace: string; readonly name: string };
  readonly port: number;
  /** '' for the whole service. */
  readonly subset: string;
  readonly discovery: DiscoveryIR;
  /** Which endpoints of the service it has. */
  readonly selection: {
    /** `Service.id` */
    readonly serviceId: string;
    readonly portName: string;
    /** Of the subset; empty for the whole service. */
    readonly labels: Readonly<Record<string, string>>;
    /** Endpoints that do not take mutual TLS of the mesh are left out. */
    readonly mutualTlsOnly?: true;
  };
  readonly upstream: UpstreamProtocolIR;
  readonly connectTimeoutMs: number;
  readonly limits: LimitsIR;
  readonly connections: ConnectionsIR;
  readonly outlier?: OutlierIR;
  readonly loadBalancer: LoadBalancerIR;
  /** Which endpoints are preferred because they are near; what that is follows from where a client is. */
  readonly locality?: LocalityIR;
  readonly tls: UpstreamTlsIR;
  /** Endpoints are told the address of the client, by the PROXY protocol. */
  readonly proxyProtocol?: 'V1' | 'V2';
  readonly external: boolean;
  /** The DestinationRule in force, if any, comes after the service. */
  readonly origins: readonly Origin[];
}

export type DiscoveryIR =
  /** EDS by the cluster's own name, or by that of the cluster whose endpoints it shares. */
  | { readonly kind: 'eds'; readonly service: string }
  /** To the address that the client meant. */
  | { readonly kind: 'original' }
  /** To the pod that the client meant. `allMeshed`: each of the endpoints speaks mutual TLS. */
  | { readonly kind: 'headless'; readonly service: string; readonly allMeshed: boolean }
  | { readonly kind: 'dns'; readonly roundRobin: boolean; readonly endpoints: readonly DnsEndpointIR[] }
  | { readonly kind: 'dynamic-dns' }
  /** Known to have no endpoint: answers at once where a missing cluster would make clients wait. */
  | { readonly kind: 'none' };

export interface DnsEndpointIR {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** `http` is HTTP/1.1, `same` is what the client spoke, `tcp` needs no options. */
export type UpstreamProtocolIR = 'http' | 'http2' | 'same' | 'tcp';

/** Undefined is without limit. */
export interface LimitsIR {
  readonly connections?: number;
  readonly pending?: number;
  readonly requests?: number;
  readonly retries?: number;
  readonly retryBudget?: { readonly percent: number; readonly minConcurrency: number; readonly intervalMs?: number };
}

export interface ConnectionsIR {
  readonly idleTimeoutMs?: number;
  readonly maxDurationMs?: number;
  readonly requestsPerConnection?: number;
  readonly maxConcurrentStreams?: number;
  /** Pings of HTTP/2. */
  readonly pings?: { readonly intervalMs?: number; readonly timeoutMs: number };
  readonly keepAlive?: { readonly probes?: number; readonly timeMs?: number; readonly intervalMs?: number };
}

export interface OutlierIR {
  readonly consecutive5xx?: number;
  readonly consecutiveGateway?: number;
  readonly consecutiveLocal?: number;
  /** HTTP statuses that are errors in place of all of 5xx. */
  readonly errorCodes?: readonly number[];
  readonly splitLocal: boolean;
  readonly intervalMs?: number;
  readonly baseEjectionMs?: number;
  readonly maxEjectionPercent?: number;
  readonly minHealthPercent: number;
}

export type LoadBalancerIR =
  | { readonly kind: 'least-request' | 'round-robin'; readonly warmup?: WarmupIR }
  | { readonly kind: 'random' }
  | { readonly kind: 'ring-hash'; readonly minimumRingSize?: number }
  | { readonly kind: 'maglev'; readonly tableSize?: number };

export type LocalityIR =
  /** Shares in per cent by locality, for clients of a locality; the first that fits the client counts. */
  | {
      readonly kind: 'shares';
      readonly shares: readonly { readonly from: string; readonly to: Readonly<Record<string, number>> }[];
    }
  /** The region of the client first; there as much in its zone as lets every endpoint have the same load. */
  | {
      readonly kind: 'zones';
      /** With fewer endpoints in the region all of them are alike. */
      readonly minSize: number;
      readonly labels: readonly { readonly name: string; readonly value?: string }[];
      readonly regions: readonly { readonly from: string; readonly to: string }[];
    }
  /** The nearest first, the others when those fail. */
  | {
      readonly kind: 'order';
      /** The most important first; `value` stands in place of the client's own. */
      readonly labels: readonly { readonly name: string; readonly value?: string }[];
      readonly regions: readonly { readonly from: string; readonly to: string }[];
      /** Region, zone and subzone count. */
      readonly byDistance: boolean;
    };

export interface WarmupIR {
  readonly durationMs: number;
  readonly minimumPercent: number;
  readonly aggression: number;
}

export type UpstreamTlsIR =
  | { readonly kind: 'none' }
  /** Mutual TLS to endpoints that have a sidecar, plaintext to others. */
  | { readonly kind: 'auto'; readonly sni: string; readonly sans: readonly string[] }
  | { readonly kind: 'mesh'; readonly sni: string; readonly sans: readonly string[] }
  | {
      readonly kind: 'given';
      readonly sni: string;
      readonly sans: readonly string[];
      /** A file of the proxy's file system, `system` for the CAs of the operating system, '' for no check. */
      readonly caFile: string;
      /** Of revoked certificates; '' is none. */
      readonly crlFile: string;
      readonly certificateFile: string;
      readonly keyFile: string;
      /** Names a Secret in place of the files; '' is none. */
      readonly credential: string;
      /** The rule names the pods that it is for, so sidecars get the Secret, too; gateways always do. */
      readonly credentialForSidecars: boolean;
      /** The server is shown a certificate of the client. */
      readonly mutual: boolean;
    };
