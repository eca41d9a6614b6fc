import type { Static } from 'typebox';
import { AuthorizationPolicySpec } from './authorization-policy/authorization-policy.ts';
import { WorkloadEntry as WorkloadEntrySpec } from './common/workload-entry.ts';
import { checkVisibility, DestinationRuleSpec } from './destination-rule/destination-rule.ts';
import { EmergencySpec } from './emergency/emergency.ts';
import { EnvoyFilterSpec } from './envoy-filter/envoy-filter.ts';
import { GatewaySpec } from './gateway/gateway.ts';
import {
  ageColumn,
  column,
  define,
  type KindDefinition,
  type Metadata,
  networking,
  outrigger,
  security,
  telemetry,
} from './kind.ts';
import { PeerAuthenticationSpec } from './peer-authentication/peer-authentication.ts';
import { ProxyConfigSpec } from './proxy-config/proxy-config.ts';
import { RateLimitSpec } from './rate-limit/rate-limit.ts';
import { RequestAuthenticationSpec } from './request-authentication/request-authentication.ts';
import { ServiceEntrySpec } from './service-entry/service-entry.ts';
import { SidecarSpec } from './sidecar/sidecar.ts';
import { TelemetrySpec } from './telemetry/telemetry.ts';
import { VirtualServiceSpec } from './virtual-service/virtual-service.ts';
import { WorkloadGroupSpec } from './workload-group/workload-group.ts';

/** Every kind of Istio's API that is known, and our own, in the order of lists and files. */
export const kinds = [
  define({
    ...networking,
    kind: 'VirtualService',
    plural: 'virtualservices',
    shortNames: ['vs'],
    spec: VirtualServiceSpec,
    columns: [
      column('Gateways', '.spec.gateways', 'Gateways that it is bound to.'),
      column('Hosts', '.spec.hosts', 'Hosts that it routes.'),
      ageColumn,
    ],
  }),
  define({
    ...networking,
    kind: 'DestinationRule',
    plural: 'destinationrules',
    shortNames: ['dr'],
    spec: DestinationRuleSpec,
    check: checkVisibility,
    columns: [column('Host', '.spec.host', 'The host that it is for.'), ageColumn],
  }),
  define({
    ...networking,
    kind: 'Gateway',
    plural: 'gateways',
    shortNames: ['gw'],
    spec: GatewaySpec,
    columns: [],
  }),
  define({
    ...networking,
    kind: 'ServiceEntry',
    plural: 'serviceentries',
    shortNames: ['se'],
    spec: ServiceEntrySpec,
    columns: [
      column('Hosts', '.spec.hosts', 'Its hosts.'),
      column('Location', '.spec.location', 'Whether it is part of the mesh.'),
      column('Resolution', '.spec.resolution', 'How its addresses are found.'),
      ageColumn,
    ],
  }),
  define({
    ...networking,
    kind: 'Sidecar',
    plural: 'sidecars',
    shortNames: [],
    spec: SidecarSpec,
    columns: [],
  }),
  define({
    ...networking,
    kind: 'WorkloadEntry',
    plural: 'workloadentries',
    shortNames: ['we'],
    spec: WorkloadEntrySpec,
    columns: [ageColumn, column('Address', '.spec.address', 'Where it is.')],
  }),
  define({
    ...networking,
    kind: 'WorkloadGroup',
    plural: 'workloadgroups',
    shortNames: ['wg'],
    spec: WorkloadGroupSpec,
    columns: [ageColumn],
  }),
  define({
    ...security,
    kind: 'PeerAuthentication',
    plural: 'peerauthentications',
    shortNames: ['pa'],
    spec: PeerAuthenticationSpec,
    columns: [column('Mode', '.spec.mtls.mode', 'Whether mutual TLS is a must.'), ageColumn],
  }),
  define({
    ...security,
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
    shortNames: ['ap', 'authz'],
    spec: AuthorizationPolicySpec,
    columns: [column('Action', '.spec.action', 'What becomes of requests that fit.'), ageColumn],
  }),
  define({
    ...security,
    kind: 'RequestAuthentication',
    plural: 'requestauthentications',
    shortNames: ['ra'],
    spec: RequestAuthenticationSpec,
    columns: [],
  }),
  define({
    ...telemetry,
    kind: 'Telemetry',
    plural: 'telemetries',
    shortNames: ['telemetry'],
    spec: TelemetrySpec,
    columns: [ageColumn],
  }),
  define({
    ...networking,
    versions: ['v1alpha3'],
    storage: 'v1alpha3',
    kind: 'EnvoyFilter',
    plural: 'envoyfilters',
    shortNames: [],
    spec: EnvoyFilterSpec,
    columns: [ageColumn],
  }),
  define({
    ...networking,
    versions: ['v1beta1'],
    storage: 'v1beta1',
    kind: 'ProxyConfig',
    plural: 'proxyconfigs',
    shortNames: [],
    spec: ProxyConfigSpec,
    columns: [],
  }),
  define({
    ...outrigger,
    kind: 'RateLimit',
    plural: 'ratelimits',
    shortNames: [],
    spec: RateLimitSpec,
    columns: [ageColumn],
  }),
  define({
    ...outrigger,
    kind: 'Emergency',
    plural: 'emergencies',
    shortNames: [],
    spec: EmergencySpec,
    columns: [
      column('Level', '.spec.level', 'What is taken away.'),
      column('TTL', '.spec.ttl', 'For how long.'),
      column('Reason', '.spec.reason', 'Why.'),
      ageColumn,
    ],
  }),
] as const;

type Known = (typeof kinds)[number];

/** A resource that was validated. Nulls and fields that are not known are left out. */
export interface ResourceOf<D extends KindDefinition> {
  readonly apiVersion: string;
  readonly kind: D['kind'];
  readonly metadata: Metadata;
  readonly spec: Static<D['spec']>;
  readonly status?: unknown;
}

export type Resource = { [D in Known as D['kind']]: ResourceOf<D> }[Known['kind']];
export type KindName = Known['kind'];
type Named<K extends KindName> = Extract<Resource, { readonly kind: K }>;
export type VirtualService = Named<'VirtualService'>;
export type DestinationRule = Named<'DestinationRule'>;
export type Gateway = Named<'Gateway'>;
export type ServiceEntry = Named<'ServiceEntry'>;
export type Sidecar = Named<'Sidecar'>;
export type WorkloadEntry = Named<'WorkloadEntry'>;
export type WorkloadGroup = Named<'WorkloadGroup'>;
export type PeerAuthentication = Named<'PeerAuthentication'>;
export type AuthorizationPolicy = Named<'AuthorizationPolicy'>;
export type RequestAuthentication = Named<'RequestAuthentication'>;
export type Telemetry = Named<'Telemetry'>;
export type EnvoyFilter = Named<'EnvoyFilter'>;
export type ProxyConfig = Named<'ProxyConfig'>;
export type RateLimit = Named<'RateLimit'>;
export type Emergency = Named<'Emergency'>;

export function kindOf(apiVersion: string, kind: string): KindDefinition | undefined {
  const [group, version, ...rest] = apiVersion.split('/');
  if (version === undefined || rest.length > 0) return undefined;
  return kinds.find((known) => {
    const versions: readonly string[] = known.versions;
    return known.group === group && known.kind === kind && versions.includes(version);
  });
}
