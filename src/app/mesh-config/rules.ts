import type { Json } from '../../model/json.ts';
import {
  type Converted,
  defaultConfig,
  fields,
  normalization,
  providers,
  retryPolicy,
  roots,
  seconds,
  to,
  unreadProviders,
  unreadRoots,
} from './conversions.ts';

/** What becomes of one key of Istio's MeshConfig. */
export interface MeshConfigRule {
  readonly key: string;
  /** What it is here, or why it has no effect. */
  readonly text: string;
  /** Absent where it has no effect. */
  readonly convert?: (value: Json) => Converted;
  /** What of the value has no effect. */
  readonly without?: (value: Json) => string | undefined;
  /** Read at the start alone: a running control plane does not follow it. */
  readonly atStart?: true;
}

const mapped = (key: string, path: string): MeshConfigRule => ({ key, text: path, convert: to(path) });
const reported = (key: string, text: string): MeshConfigRule => ({ key, text });

const old = "Istio's old ingress controller, which is not there";

/**
 * Every key of https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig, in its order. A key that is
 * longer wins over the one that it begins with.
 */
export const meshConfigRules: readonly MeshConfigRule[] = [
  { ...mapped('proxyListenPort', 'injection.mesh.proxyListenPort'), atStart: true },
  { ...mapped('proxyInboundListenPort', 'injection.mesh.proxyInboundListenPort'), atStart: true },
  reported('proxyHttpPort', 'a Sidecar resource with an egress listener of captureMode NONE does the same'),
  { key: 'connectTimeout', text: 'mesh.connectTimeoutSeconds', convert: seconds('mesh.connectTimeoutSeconds') },
  reported('hboneIdleTimeout', 'there are no tunnels of the ambient mode'),
  {
    key: 'protocolDetectionTimeout',
    text: 'mesh.protocolDetectionTimeoutSeconds',
    convert: seconds('mesh.protocolDetectionTimeoutSeconds'),
  },
  reported('tcpKeepalive', 'say it in DestinationRules: trafficPolicy.connectionPool.tcp.tcpKeepalive'),
  ...['ingressClass', 'ingressService', 'ingressControllerMode', 'ingressSelector'].map((key) => reported(key, old)),
  reported('enableTracing', 'Telemetry resources and defaultProviders.tracing say who is told of requests'),
  mapped('accessLogFile', 'mesh.accessLogFile'),
  mapped('accessLogFormat', 'mesh.accessLogFormat'),
  mapped('accessLogEncoding', 'mesh.accessLogEncoding'),
  reported('enableEnvoyAccessLogService', 'access logs go to files: no service for them is called'),
  reported('disableEnvoyListenerLog', 'listeners log what never reaches a filter chain, as Istio does by default'),
  {
    key: 'defaultConfig',
    text: 'injection.mesh.defaultConfig; tracing.sampling is mesh.traceSampling',
    convert: defaultConfig,
  },
  mapped('outboundTrafficPolicy.mode', 'mesh.outboundTrafficPolicy'),
  reported('outboundTrafficPolicy', 'TLS to unknown hosts is begun by ServiceEntries and DestinationRules'),
  reported('inboundTrafficPolicy', 'apps are reached at the address that was called'),
  reported('configSources', 'resources are read from the API server, or from a folder'),
  mapped('enableAutoMtls', 'mesh.enableAutoMtls'),
  { ...mapped('trustDomain', 'injection.mesh.trustDomain'), atStart: true },
  mapped('trustDomainAliases', 'mesh.trustDomainAliases'),
  {
    key: 'caCertificates',
    text: 'mesh.caCertificates; roots behind a spiffeBundleUrl are left out',
    convert: roots,
    without: unreadRoots,
    atStart: true,
  },
  reported('defaultServiceExportTo', 'say exportTo in the resource, or annotate the Service'),
  reported('defaultVirtualServiceExportTo', 'say exportTo in the resource'),
  reported('defaultDestinationRuleExportTo', 'say exportTo in the resource'),
  {
    key: 'rootNamespace',
    text: 'mesh.rootNamespaces',
    convert: (value) => ({ 'mesh.rootNamespaces': [value] }),
    atStart: true,
  },
  {
    key: 'localityLbSetting',
    text: 'mesh.localityLbSetting',
    convert: fields('mesh.localityLbSetting', ['enabled', 'distribute', 'failover', 'failoverPriority']),
  },
  {
    key: 'zoneAwareLbSetting',
    text: 'mesh.zoneAwareLbSetting',
    convert: fields('mesh.zoneAwareLbSetting', ['enabled', 'minClusterSize', 'failover', 'failoverPriority']),
  },
  reported('dnsRefreshRate', "names are asked for again when their answers' time is over"),
  mapped('h2UpgradePolicy', 'mesh.h2UpgradePolicy'),
  reported('inboundClusterStatName', 'statistics have the names of clusters'),
  reported('outboundClusterStatName', 'statistics have the names of clusters'),
  reported('certificates', 'Istio does not read it any more'),
  reported('serviceSettings', 'there is one cluster in the mesh'),
  reported('serviceScopeConfigs', 'it is of the ambient mode'),
  mapped('enablePrometheusMerge', 'injection.mesh.enablePrometheusMerge'),
  reported('verifyCertificateAtClient', 'a DestinationRule of TLS says by which CA a host is verified'),
  reported('ca', 'certificates are signed here, by the Secret cacerts if there is one'),
  {
    key: 'extensionProviders',
    text: 'mesh.extensionProviders; those of other kinds than its are left out',
    convert: providers,
    without: unreadProviders,
  },
  {
    key: 'defaultProviders',
    text: 'mesh.defaultProviders',
    convert: fields('mesh.defaultProviders', ['tracing', 'metrics', 'accessLogging']),
  },
  mapped('discoverySelectors', 'mesh.discoverySelectors'),
  { key: 'pathNormalization.normalization', text: 'mesh.pathNormalization', convert: normalization },
  { key: 'defaultHttpRetryPolicy', text: 'mesh.defaultHttpRetryPolicy', convert: retryPolicy },
  reported('meshMTLS', 'mutual TLS of the mesh is 1.2 or newer, with the ciphers of Envoy'),
  reported('tlsDefaults', 'a Gateway says which versions and ciphers its servers take'),
  reported('defaultTrafficPolicy', 'a DestinationRule for *.local in the root namespace does the same'),
  reported('serviceEntryVisibility', 'say exportTo in the ServiceEntry'),
];
