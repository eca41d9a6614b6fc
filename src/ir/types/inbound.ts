import type { Origin } from '../../model/origin.ts';
import type { Protocol } from '../../model/protocol.ts';
import type { AuthorizationIR } from './authorization.ts';
import type { ConnectionsIR, LimitsIR } from './cluster.ts';

export type MtlsMode = 'strict' | 'permissive' | 'disable';

/** What reaches the app of one pod. Equal for all pods of a workload. */
export interface InboundIR {
  readonly ports: readonly InboundPortIR[];
  /** Ports that no service names. */
  readonly otherPorts: MtlsMode;
  /** Ports that no service names and that have a mode of their own. */
  readonly portModes: readonly { readonly port: number; readonly mode: MtlsMode }[];
  /** In the order in which they are asked: audit, deny, allow. */
  readonly authorization: readonly AuthorizationIR[];
  /** Ports that take no mutual TLS whatever the mode: probes and metrics. */
  readonly exempt: readonly number[];
  readonly trustDomains: readonly string[];
}

export interface InboundPortIR {
  /** Where the app listens. */
  readonly targetPort: number;
  /** Of the service, for names. */
  readonly port: number;
  readonly hostname: string;
  readonly protocol: Protocol;
  readonly mode: MtlsMode;
  readonly limits: LimitsIR;
  readonly connections: ConnectionsIR;
  readonly origins: readonly Origin[];
}
