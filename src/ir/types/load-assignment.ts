import type { Endpoint, Locality } from '../../model/endpoint.ts';
import type { Origin } from '../../model/origin.ts';

/** The endpoints of a cluster, by locality in order. */
export interface LoadAssignmentIR {
  readonly cluster: string;
  readonly localities: readonly LocalityEndpointsIR[];
  readonly origins: readonly Origin[];
}

export interface LocalityEndpointsIR {
  readonly locality: Locality;
  readonly endpoints: readonly EndpointIR[];
  /** 0, the default, is used first. */
  readonly priority?: number;
  /** Its share; that of its endpoints together, where none is given. */
  readonly weight?: number;
}

export interface EndpointIR {
  readonly endpoint: Endpoint;
  readonly mtls: boolean;
  /** Connections of another time do not serve for it. */
  readonly bypassed: boolean;
}
