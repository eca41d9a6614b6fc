import type { ExtensionProvider } from './extension-provider.ts';
import type { LabelSelectorLike } from './label-selector.ts';
import type { NetworkSetting } from './network.ts';

/** What holds for the whole mesh. Names follow Istio's meshConfig where it has the same thing. */
export interface MeshSettings {
  /** `cluster.local`: of SPIFFE IDs. */
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  /** `cluster.local`: of service names. */
  readonly domainSuffix: string;
  /** Policies there hold everywhere. The first one that has a policy wins. */
  readonly rootNamespaces: readonly string[];
  /** What becomes of calls to hosts that are not in the registry. */
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  readonly enableAutoMtls: boolean;
  readonly connectTimeoutMs: number;
  /** How long a connection may stay silent on a port whose protocol is sniffed; 0 waits for ever. */
  readonly protocolDetectionTimeoutMs: number;
  /** '' writes no access log; `/dev/stdout`. */
  readonly accessLogFile: string;
  readonly accessLogEncoding: 'TEXT' | 'JSON';
  /** '' is Istio's default format. */
  readonly accessLogFormat: string;
  /** Per cent of the requests that are traced when the caller has not decided. */
  readonly traceSampling: number;
  /** Where no VirtualService says how requests are tried again. */
  readonly defaultHttpRetryPolicy: RetrySetting;
  readonly pathNormalization: PathNormalization;
  readonly h2UpgradePolicy: 'DO_NOT_UPGRADE' | 'UPGRADE';
  /** How configuration reaches sidecars that do not say. */
  readonly delivery: 'on-demand' | 'eager';
  /** Up to so many virtual hosts are pushed to every sidecar; above, each loads on first use. */
  readonly pushedHosts: number;
  /** Where no DestinationRule and no Service says anything. Its fields are those of a DestinationRule. */
  readonly localityLbSetting: LocalitySetting;
  /** The same of zones; it counts before localityLbSetting where it is enabled. */
  readonly zoneAwareLbSetting: ZoneAwareSetting;
  /** By name; beside what labels say. */
  readonly meshNetworks: Readonly<Record<string, NetworkSetting>>;
  /** Namespaces from which Services and resources are taken; none given is all. */
  readonly discoverySelectors: readonly LabelSelectorLike[];
  /** Whom policies may name. */
  readonly extensionProviders: readonly ExtensionProvider[];
  /** Of those, whom proxies tell of requests where no Telemetry says it. */
  readonly defaultProviders: DefaultProviders;
  /** Names of their own secrets for proxies that have them from the socket of SPIRE. */
  readonly spireSecrets: { readonly certificate: string; readonly roots: string };
  readonly clusterId: string;
  readonly meshId: string;
}

/** Istio's words; fields as in a VirtualService. */
export interface RetrySetting {
  readonly attempts: number;
  /** '' is Istio's usual list. */
  readonly retryOn: string;
  /** '0s' is no limit of its own. */
  readonly perTryTimeout: string;
  readonly retryRemoteLocalities: boolean;
  readonly retryIgnorePreviousHosts: boolean;
}

/** What proxies do to the paths of requests before anybody looks at them; each does what the one before it does. */
export type PathNormalization = 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

export interface DefaultProviders {
  readonly tracing: readonly string[];
  readonly metrics: readonly string[];
  readonly accessLogging: readonly string[];
}

export interface LocalitySetting {
  readonly enabled?: boolean;
  readonly distribute?: readonly { readonly from?: string; readonly to?: Readonly<Record<string, number>> }[];
  readonly failover?: readonly { readonly from?: string; readonly to?: string }[];
  readonly failoverPriority?: readonly string[];
}

export interface ZoneAwareSetting extends Omit<LocalitySetting, 'distribute'> {
  readonly minClusterSize?: number;
}

export const defaultMeshSettings: MeshSettings = {
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  domainSuffix: 'cluster.local',
  rootNamespaces: ['outrigger-system', 'istio-system'],
  outboundTrafficPolicy: 'ALLOW_ANY',
  enableAutoMtls: true,
  connectTimeoutMs: 10_000,
  protocolDetectionTimeoutMs: 0,
  accessLogFile: '',
  accessLogEncoding: 'TEXT',
  accessLogFormat: '',
  traceSampling: 1,
  defaultHttpRetryPolicy: {
    ...{ attempts: 2, retryOn: '', perTryTimeout: '0s' },
    ...{ retryRemoteLocalities: false, retryIgnorePreviousHosts: true },
  },
  pathNormalization: 'BASE',
  h2UpgradePolicy: 'DO_NOT_UPGRADE',
  delivery: 'on-demand',
  pushedHosts: 1000,
  localityLbSetting: { enabled: true },
  zoneAwareLbSetting: { enabled: false },
  meshNetworks: {},
  discoverySelectors: [],
  extensionProviders: [],
  defaultProviders: { tracing: [], metrics: ['prometheus'], accessLogging: [] },
  spireSecrets: { certificate: 'default', roots: 'ROOTCA' },
  clusterId: 'Kubernetes',
  meshId: 'cluster.local',
};
