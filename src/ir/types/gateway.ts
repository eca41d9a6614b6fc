import type { Origin } from '../../model/origin.ts';
import type { AuthorizationIR } from './authorization.ts';
import type { ClusterIR } from './cluster.ts';
import type { DownstreamTlsIR } from './downstream-tls.ts';
import type { ExternalAuthorizationIR } from './external-authorization.ts';
import type { TlsRouteIR } from './outbound.ts';
import type { RateLimitsIR } from './rate-limit.ts';
import type { RequestAuthenticationIR } from './request-authentication.ts';
import type { VirtualHostIR } from './route.ts';

/** What a gateway listens on, who may come, and the clusters that its routes name. Equal for the pods of a workload. */
export interface GatewayIR {
  readonly listeners: readonly GatewayListenerIR[];
  readonly clusters: readonly ClusterIR[];
  readonly tokens: RequestAuthenticationIR;
  /** In the order in which they are asked: audit, deny, allow. */
  readonly authorization: readonly AuthorizationIR[];
  /** Asked before all of these; only where somebody is. */
  readonly external?: ExternalAuthorizationIR;
  /** Asked after all of these; servers count each for themselves. */
  readonly rateLimits: RateLimitsIR;
  readonly trustDomains: readonly string[];
  /** What of its resources is left out, and why. */
  readonly problems: readonly GatewayProblem[];
}

export type GatewayFault =
  /** Another server has the port, and speaks something else there. */
  | 'protocol-conflict'
  /** Another server has the host already. */
  | 'duplicate-host'
  /** Below 1024: as far as is known the proxy may not listen there, and no Service says that it does. */
  | 'privileged-port'
  /** The proxy itself listens there. */
  | 'reserved-port'
  /** A way of serving that is not built yet. */
  | 'not-yet'
  /** A certificate that this gateway may not have. */
  | 'foreign-secret'
  /** A star within a name, which no server name may have. */
  | 'unfit-server-name'
  /** Somebody whom a policy names, and who cannot be asked. */
  | 'no-authorizer'
  /** Somebody whom a RateLimit names, and who cannot be asked. */
  | 'no-counter'
  /** A rule sends traffic to what the gateway does not see. */
  | 'unknown-destination';

export interface GatewayProblem {
  readonly fault: GatewayFault;
  readonly message: string;
  /** What is left out first, then what it is in conflict with. */
  readonly origins: readonly Origin[];
}

export interface GatewayListenerIR {
  /** Where the proxy binds: the target port of the gateway's Service. */
  readonly port: number;
  /** An address; '' is every address of the pod. */
  readonly bind: string;
  /** No two of them take the same connections. */
  readonly servers: readonly GatewayServerIR[];
}

export type GatewayServerIR = GatewayHttpIR | GatewayTcpIR;

export interface GatewayHttpIR {
  readonly kind: 'http';
  /** Of the server; '' when it has none. */
  readonly name: string;
  /** Undefined is plaintext. */
  readonly tls: DownstreamTlsIR | undefined;
  /** Empty is any. */
  readonly sniHosts: readonly string[];
  /** `http.8080`, `https.443.https.my-gateway.default` */
  readonly routeName: string;
  readonly virtualHosts: readonly VirtualHostIR[];
  readonly origins: readonly Origin[];
}

export interface GatewayTcpIR {
  readonly kind: 'tcp';
  readonly name: string;
  /** Undefined leaves the bytes as they are, TLS of the client included. */
  readonly tls: DownstreamTlsIR | undefined;
  /** At least one; each with its server names. */
  readonly routes: readonly TlsRouteIR[];
  readonly origins: readonly Origin[];
}
