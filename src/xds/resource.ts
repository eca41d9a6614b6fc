import type { Origin } from '../model/origin.ts';

/** The types of resources, by our short name. */
export const typeUrls = {
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoint: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  virtualHost: 'type.googleapis.com/envoy.config.route.v3.VirtualHost',
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  /** The configuration of one filter, by the filter's name (ECDS). */
  extension: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
} as const;

export type XdsType = keyof typeof typeUrls;

/** The full name of its message: `envoy.config.cluster.v3.Cluster`. */
export function messageType(type: XdsType): string {
  const url = typeUrls[type];
  return url.slice(url.lastIndexOf('/') + 1);
}

/** The order of a push: what is referred to goes before what refers to it. */
export const pushOrder: readonly XdsType[] = [
  ...(['cluster', 'endpoint', 'listener', 'route'] as const),
  ...(['extension', 'virtualHost', 'secret'] as const),
];

/** A message as protobuf's JSON with the field names of the .proto files (snake_case); an Any has `@type`. */
export type Message = { readonly [field: string]: unknown };

/** One resource for Envoy, not yet encoded. Immutable: encoded bytes are remembered by its identity. */
export interface XdsResource {
  readonly type: XdsType;
  readonly name: string;
  /** VHDS alone: the names that clients asked for, sorted. */
  readonly aliases?: readonly string[];
  readonly message: Message;
  /** Resources that it is made from; a NACK names them. */
  readonly origins: readonly Origin[];
  /** Clusters alone: the EDS name to be sent again after each write of the cluster, else Envoy keeps it warming. */
  readonly edsName?: string;
  /** Clusters that Envoy does not ask for by itself (mirrors): sent before this resource. */
  readonly requires?: readonly string[];
  /** Endpoints of a name that nothing is known of: for clients that would wait, not for those that hold some. */
  readonly standsIn?: true;
}

/** A resource as bytes. */
export interface EncodedResource extends Omit<XdsResource, 'message'> {
  /** Hash of the content, the same in every process. */
  readonly version: string;
  /** An entry of `DeltaDiscoveryResponse.resources`, tag and length included: shared by all proxies. */
  readonly deltaFrame: Buffer;
  /** An entry of `DiscoveryResponse.resources`, tag and length included. */
  readonly sotwFrame: Buffer;
  /** Route configurations alone: its virtual hosts come by VHDS. */
  readonly hasVhds?: true;
  /** Clusters alone: static without an endpoint, the answer to a name that must not resolve. */
  readonly isTombstone?: true;
  /** What EnvoyFilters changed of it. */
  readonly patched?: Patched;
}

/** One patch of an EnvoyFilter. */
export interface Patch {
  /** The same for the same patch, wherever it is read again. */
  readonly key: string;
  readonly origin: Origin;
}

/** How a resource came to its content, and how it is had with fewer patches, for a proxy that refuses it. */
export interface Patched {
  /** All that fit, in the order in which they are applied: of the resource with fewer of them, too. */
  readonly by: readonly Patch[];
  readonly leftOut: readonly Patch[];
  readonly without: (patches: readonly Patch[]) => EncodedResource;
}

/** Resources of one type by name. Immutable and shared: equal identity means equal content. */
export type ResourceSet = ReadonlyMap<string, EncodedResource>;

/** All that one proxy may have at one moment. Immutable. */
export interface ProxyResources {
  /** What it gets without naming it: wildcard CDS and LDS, VHDS where all virtual hosts are pushed. */
  wildcard(type: XdsType): ResourceSet;
  /**
   * What it gets when it names it: EDS, RDS, SDS, ECDS, and clusters and virtual hosts on demand. Undefined: there is no such
   * thing (the answer is then a removal; on-demand names that must not hang are answered by tombstones instead).
   */
  named(type: XdsType, name: string): EncodedResource | undefined;
}
