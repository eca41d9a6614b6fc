/** Where a network is entered from others: an address and a port of mutual TLS, passed on by its server name. */
export interface NetworkGateway {
  readonly address: string;
  readonly port: number;
}

/** Which pods and machines reach each other by address, and how the others are reached. */
export interface Networks {
  /** Of whoever says none; '' when that is not known. */
  readonly own: string;
  /** By address, where nothing else says it. */
  readonly blocks: readonly { readonly cidr: string; readonly network: string }[];
  /** In order of address and port. */
  readonly gateways: ReadonlyMap<string, readonly NetworkGateway[]>;
  /** Equal text, equal content. */
  readonly key: string;
}

/** Fields as in Istio's `meshNetworks`. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshNetworks */
export interface NetworkSetting {
  readonly endpoints?: readonly { readonly fromCidr?: string; readonly fromRegistry?: string }[];
  readonly gateways?: readonly {
    readonly address?: string;
    readonly registryServiceName?: string;
    readonly port?: number;
  }[];
}

/** Label of pods, namespaces and gateways. */
export const networkLabel = 'topology.istio.io/network';
