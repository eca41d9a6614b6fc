import type { Json } from '../../model/json.ts';
import type { DnsInput } from './bootstrap-dns.ts';

/** A probe or lifecycle hook of the app that Envoy answers on the status port. */
export interface AppProbe {
  /** `/app-health/<container>/{readyz,livez,startupz}` or `/app-lifecycle/<container>/{prestopz,poststartz}`. */
  readonly path: string;
  readonly kind: 'http' | 'tcp' | 'grpc';
  /** The app's port, resolved. */
  readonly port: number;
  /** Kubelet's default is 1. */
  readonly timeoutSeconds: number;
  /** Kubelet's default is 10; 0 for hooks. */
  readonly periodSeconds: number;
  /** kind http only. */
  readonly http?: {
    readonly path: string;
    readonly https: boolean;
    /** The Host the probe asked for (header or `host`), if any. */
    readonly host?: string;
  };
  /** kind grpc only: the service name, empty for the server as a whole. */
  readonly grpcService?: string;
}

/**
 * Everything the Envoy bootstrap of one pod depends on, and nothing else. `nodeMetadata`, `serviceCluster` and
 * `domainSuffix` may hold variables of the kubelet, `$(POD_NAME)`, so the caller escapes what users gave there, with
 * `escapeVariables`; all other texts are escaped here.
 */
export interface BootstrapInput {
  readonly proxyType: 'sidecar' | 'router';
  readonly nodeMetadata: { readonly [key: string]: Json };
  /** `<canonical name>.<namespace>`: Envoy's `node.cluster`. */
  readonly serviceCluster: string;
  readonly domainSuffix: string;
  readonly discovery: { readonly host: string; readonly port: number };
  /** 0: no status port. */
  readonly statusPort: number;
  /** Ports that answer as the status port does. */
  readonly extraStatusPorts?: readonly number[];
  readonly probes: readonly AppProbe[];
  /** The app's own metrics to merge into `/stats/prometheus` of the status port. */
  readonly scrape: readonly { readonly port: number; readonly path: string; readonly https?: boolean }[];
  /** Captured-traffic listener settings that the bootstrap itself needs. */
  readonly adminPort: number;
  readonly readyPort: number;
  readonly metricsPort: number;
  /**
   * The pod's traffic is captured, so the proxy reaches the app from 127.0.0.6 or ::6. Without it: yes for a sidecar,
   * no for a router. Set it to false for interception mode NONE, where ::6 does not exist.
   */
  readonly captured?: boolean;
  /** Certificate and roots come from the socket of SPIRE. */
  readonly socket?: boolean;
  /** The pod's DNS is captured. */
  readonly dns?: DnsInput;
  /** Statistics to keep beside the default set (`sidecar.istio.io/statsInclusion*`). */
  readonly statsInclusion?: {
    readonly prefixes?: readonly string[];
    readonly suffixes?: readonly string[];
    readonly regexps?: readonly string[];
  };
}
