import type { Origin } from '../../model/origin.ts';
import type { Protocol } from '../../model/protocol.ts';
import type { AuthorizationIR } from './authorization.ts';
import type { ConnectionsIR, LimitsIR } from './cluster.ts';
import type { DownstreamTlsIR } from './downstream-tls.ts';
import type { ExternalAuthorizationIR } from './external-authorization.ts';
import type { RateLimitsIR } from './rate-limit.ts';
import type { RequestAuthenticationIR } from './request-authentication.ts';

export type MtlsMode = 'strict' | 'permissive' | 'disable';

/** What reaches the app of one pod. Equal for all pods of a workload. */
export interface InboundIR {
  readonly ports: readonly InboundPortIR[];
  /** Ports that no service names. */
  readonly otherPorts: MtlsMode;
  /** The emergencies by which bytes pass through the proxy untouched, in both directions; undefined: they do not. */
  readonly bypass?: readonly Origin[];
  /** Ports that no service names and that have a mode of their own. */
  readonly portModes: readonly { readonly port: number; readonly mode: MtlsMode }[];
  readonly tokens: RequestAuthenticationIR;
  /** In the order in which they are asked: audit, deny, allow. */
  readonly authorization: readonly AuthorizationIR[];
  /** Asked before all of these; only where somebody is. */
  readonly external?: ExternalAuthorizationIR;
  /** Why nobody can be asked, if so. */
  readonly problem?: { readonly message: string; readonly origins: readonly Origin[] };
  /** Asked after all of these. */
  readonly rateLimits: RateLimitsIR;
  /** Ports that take no mutual TLS whatever the mode: probes and metrics. */
  readonly exempt: readonly number[];
  readonly trustDomains: readonly string[];
}

export interface InboundPortIR {
  /** What is called: where the app listens, or the port of a Sidecar's `ingress`. */
  readonly targetPort: number;
  /** Of the service, for names. */
  readonly port: number;
  readonly hostname: string;
  readonly protocol: Protocol;
  readonly mode: MtlsMode;
  readonly app: AppAddressIR;
  /** Where the proxy itself listens; empty where iptables brings the connections. */
  readonly bind: readonly string[];
  /** In force only where mutual TLS of the mesh is off. */
  readonly tls: DownstreamTlsIR | undefined;
  readonly limits: LimitsIR;
  readonly connections: ConnectionsIR;
  readonly connectTimeoutMs: number;
  /** An app of HTTP is spoken to in the version that the client has spoken, and not in that of the port. */
  readonly keepsVersion: boolean;
  readonly origins: readonly Origin[];
}

/** Where the app is. */
export type AppAddressIR =
  /** At the address that was called, at its port or another one. */
  | { readonly kind: 'called'; readonly port: number | undefined }
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string };
