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
}

export interface EndpointIR {
  readonly endpoint: Endpoint;
  readonly mtls: boolean;
}
