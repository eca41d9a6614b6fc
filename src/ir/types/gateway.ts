import type { Origin } from '../../model/origin.ts';
import type { ClusterIR } from './cluster.ts';
import type { TlsRouteIR } from './outbound.ts';
import type { VirtualHostIR } from './route.ts';

/** What a gateway listens on, and the clusters that its routes name. */
export interface GatewayIR {
  readonly listeners: readonly GatewayListenerIR[];
  readonly clusters: readonly ClusterIR[];
}

export interface GatewayListenerIR {
  /** Where the proxy binds: the target port of the gateway's Service. */
  readonly port: number;
  readonly bind: string;
  /** In order: the first whose SNI fits takes the connection. */
  readonly servers: readonly GatewayServerIR[];
}

export type GatewayServerIR =
  | {
      readonly kind: 'http';
      /** Undefined is plaintext. */
      readonly tls: DownstreamTlsIR | undefined;
      /** Empty is any. */
      readonly sniHosts: readonly string[];
      /** `http.8080`, `https.443.https.my-gateway.default` */
      readonly routeName: string;
      readonly virtualHosts: readonly VirtualHostIR[];
      readonly origins: readonly Origin[];
    }
  | {
      readonly kind: 'tcp';
      readonly tls: DownstreamTlsIR | undefined;
      readonly routes: readonly TlsRouteIR[];
      readonly origins: readonly Origin[];
    };

export interface DownstreamTlsIR {
  readonly mode: 'simple' | 'mutual' | 'optional-mutual' | 'mesh';
  /** SDS names; one for each certificate. */
  readonly certificates: readonly string[];
  /** SDS name of the clients' CA; '' is none. */
  readonly ca: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly subjectAltNames: readonly string[];
  readonly minVersion?: string;
  readonly maxVersion?: string;
  readonly cipherSuites: readonly string[];
}
