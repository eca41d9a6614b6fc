import { Type } from 'typebox';
import { LabelSelectorSchema } from '../inject/review/settings.ts';
import { retryConditions } from '../schema/virtual-service/retries.ts';
import { ExtensionProviderSchema } from './extension-provider-schema.ts';

const seconds = (fallback: number, description: string, minimum = 0) =>
  Type.Number({ default: fallback, minimum, maximum: 86_400, description: `Seconds: ${description}` });

/** Where neither a DestinationRule nor a Service says which endpoints are preferred. */
const nearnessOrder = {
  failover: Type.Array(Type.Object({ from: Type.String(), to: Type.String() }), {
    default: [],
    description: 'Which region takes over from which: `{from: r1, to: r2}`.',
  }),
  failoverPriority: Type.Array(Type.String(), {
    default: [],
    description: 'Labels by which endpoints are near, the most important first.',
  }),
};

const LocalityLbSchema = Type.Object({
  enabled: Type.Boolean({
    default: true,
    description: 'Prefer near endpoints wherever outlier detection notices failures, as Istio does.',
  }),
  distribute: Type.Array(
    Type.Object({ from: Type.String(), to: Type.Record(Type.String(), Type.Integer({ minimum: 1, maximum: 100 })) }),
    { default: [], description: 'Shares by locality, in per cent: `{from: r1/z1/*, to: {r1/z1/*: 80, r1/z2/*: 20}}`.' },
  ),
  ...nearnessOrder,
});

/** Counts before `localityLbSetting` where it is enabled. */
const ZoneAwareLbSchema = Type.Object({
  enabled: Type.Boolean({
    default: false,
    description: 'Stay in the zone of the client as far as every endpoint is to have the same load.',
  }),
  minClusterSize: Type.Integer({
    default: 6,
    minimum: 0,
    description: 'With fewer endpoints in the region all of them are alike.',
  }),
  ...nearnessOrder,
});

/** As in Istio: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#Network */
const NetworkSchema = Type.Object({
  endpoints: Type.Optional(
    Type.Array(
      Type.Object({
        fromCidr: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F.:]+(?:/[0-9]+)?$' })),
        fromRegistry: Type.Optional(Type.String()),
      }),
    ),
  ),
  gateways: Type.Optional(
    Type.Array(
      Type.Object({
        address: Type.Optional(Type.String()),
        registryServiceName: Type.Optional(Type.String()),
        port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
      }),
    ),
  ),
});

const retryWord = `(?:${retryConditions.join('|')}|[1-5][0-9]{2})`;

const RetrySchema = Type.Object({
  attempts: Type.Integer({ default: 2, minimum: 0, maximum: 1000, description: 'Retries at most; 0 is none.' }),
  retryOn: Type.String({
    default: '',
    pattern: `^(?:\\s*${retryWord}\\s*(?:,\\s*${retryWord}\\s*)*)?$`,
    description: "When, as a list with commas, HTTP statuses among them; empty is Istio's usual list.",
  }),
  perTryTimeout: Type.String({
    default: '0s',
    pattern: '^(?:[0-9]+(?:[.][0-9]+)?(?:ms|s|m|h))+$',
    description: 'How long one attempt may take; 0s is no limit of its own.',
  }),
  retryRemoteLocalities: Type.Boolean({ default: false, description: 'Retry in other localities, too.' }),
  retryIgnorePreviousHosts: Type.Boolean({ default: true, description: 'Choose endpoints that were not tried yet.' }),
});

/** What holds for the whole mesh; names are those of Istio's meshConfig where it has the same thing. */
export const MeshConfigSchema = Type.Object({
  rootNamespaces: Type.Array(Type.String(), {
    minItems: 1,
    default: ['outrigger-system', 'istio-system'],
    description: 'Namespaces whose policies hold everywhere.',
  }),
  trustDomainAliases: Type.Array(Type.String(), {
    default: [],
    description: 'Further trust domains that count as ours.',
  }),
  outboundTrafficPolicy: Type.Union([Type.Literal('ALLOW_ANY'), Type.Literal('REGISTRY_ONLY')], {
    default: 'ALLOW_ANY',
    description: 'Whether hosts that the mesh does not know may be called.',
  }),
  enableAutoMtls: Type.Boolean({ default: true, description: 'Use mutual TLS wherever both sides have a proxy.' }),
  connectTimeoutSeconds: seconds(10, 'connecting to an endpoint may take.', 0.001),
  protocolDetectionTimeoutSeconds: seconds(
    0,
    'a connection to a port of unknown protocol may be silent; 0 waits for ever.',
  ),
  accessLogFile: Type.String({ default: '', description: 'Where proxies log each request; empty is nowhere.' }),
  accessLogEncoding: Type.Union([Type.Literal('TEXT'), Type.Literal('JSON')], {
    default: 'TEXT',
    description: 'Form of the access log.',
  }),
  accessLogFormat: Type.String({ default: '', description: "Format of the access log; empty is Istio's." }),
  traceSampling: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 100,
    description: 'Per cent of the requests that are traced where the caller has not decided.',
  }),
  defaultHttpRetryPolicy: RetrySchema,
  pathNormalization: Type.Union(
    [
      Type.Literal('NONE'),
      Type.Literal('BASE'),
      Type.Literal('MERGE_SLASHES'),
      Type.Literal('DECODE_AND_MERGE_SLASHES'),
    ],
    {
      default: 'BASE',
      description:
        'What proxies do to paths before anybody looks at them: nothing; resolve dots; also make several slashes one; also decode %2F and %5C before.',
    },
  ),
  h2UpgradePolicy: Type.Union([Type.Literal('DO_NOT_UPGRADE'), Type.Literal('UPGRADE')], {
    default: 'DO_NOT_UPGRADE',
    description: 'Whether proxies speak HTTP/2 to each other on ports of HTTP.',
  }),
  delivery: Type.Union([Type.Literal('on-demand'), Type.Literal('eager')], {
    default: 'on-demand',
    description: 'Whether sidecars load what they use, or hold all that they could.',
  }),
  pushedHosts: Type.Integer({
    default: 1000,
    minimum: 0,
    description: 'Up to so many virtual hosts are pushed to each sidecar; above, each loads on first use.',
  }),
  learning: Type.Object({
    enabled: Type.Boolean({
      default: true,
      description: 'Remember what each workload calls, and give it to its next pods before they ask.',
    }),
    keepDays: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 3650,
      description: 'What no pod of a workload asked for in so many days is forgotten.',
    }),
    relearnDays: Type.Integer({
      default: 7,
      minimum: 1,
      maximum: 3650,
      description: 'After so many days one pod of a workload begins with nothing, which shows what is still used.',
    }),
  }),
  discoverySelectors: Type.Array(LabelSelectorSchema, {
    default: [],
    description: 'Namespaces from which Services and resources are taken, by labels; none given is all.',
  }),
  localityLbSetting: LocalityLbSchema,
  zoneAwareLbSetting: ZoneAwareLbSchema,
  meshNetworks: Type.Record(Type.String(), NetworkSchema, {
    default: {},
    description:
      "Istio's meshNetworks: which addresses are of which network, and by which gateways that is entered. Labels (topology.istio.io/network) count first.",
  }),
  extensionProviders: Type.Array(ExtensionProviderSchema, {
    default: [],
    description:
      "Whom policies of action CUSTOM and Telemetry may name: Istio's meshConfig.extensionProviders, of which envoyExtAuthzHttp, envoyExtAuthzGrpc, envoyFileAccessLog, zipkin, opentelemetry and prometheus are read. envoy and prometheus are there by themselves.",
  }),
  defaultProviders: Type.Object({
    tracing: Type.Array(Type.String(), {
      default: [],
      description: 'Providers of traces where no Telemetry names any.',
    }),
    metrics: Type.Array(Type.String(), {
      default: ['prometheus'],
      description: 'Providers of metrics where no Telemetry names any.',
    }),
    accessLogging: Type.Array(Type.String(), {
      default: [],
      description: 'Providers of access logs where no Telemetry names any; none given leave it to accessLogFile.',
    }),
  }),
  caCertificates: Type.Array(
    Type.Object({
      pem: Type.String({ minLength: 1, description: 'Root certificates, PEM.' }),
      trustDomains: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          description: 'Whose they are, for readers: as in Istio, who is let in follows from trustDomainAliases.',
        }),
      ),
    }),
    {
      default: [],
      description:
        "Roots that proxies trust beside that of the mesh: Istio's meshConfig.caCertificates, of which pem is read. Who is let in by them follows from trustDomainAliases.",
    },
  ),
  spireSecrets: Type.Object({
    certificate: Type.String({
      default: 'default',
      minLength: 1,
      description: "Under which name SPIRE's agent has the certificate of a workload (default_svid_name).",
    }),
    roots: Type.String({
      default: 'ROOTCA',
      minLength: 1,
      description: "Under which name SPIRE's agent has the roots (default_bundle_name).",
    }),
  }),
  jwksRefreshSeconds: seconds(1200, 'between two readings of the keys of an issuer of tokens.', 0.1),
  jwksAllowedAddresses: Type.Array(Type.String(), {
    default: [],
    description: "Blocks of addresses (CIDR) where keys of issuers are read although they are local or a cloud's own.",
  }),
  secretNamespaces: Type.Array(Type.String(), {
    default: [],
    description:
      'Namespaces in which TLS Secrets are read: of gateways, and of sidecars that a rule gives a credential.',
  }),
  rootExcludedNamespaces: Type.Array(Type.String(), {
    default: ['kube-system', 'kube-public', 'kube-node-lease'],
    description: 'Namespaces that get no ConfigMap istio-ca-root-cert.',
  }),
});

/** The port that proxies connect to. */
export const DiscoverySchema = Type.Object({
  enabled: Type.Union([Type.Literal('auto'), Type.Literal('on'), Type.Literal('off')], {
    default: 'auto',
    description: 'Serve configuration to proxies, beside the webhook; auto does so with a cluster, not with a folder.',
  }),
  host: Type.String({ default: '::', description: 'Address to listen on; :: is every one.' }),
  port: Type.Integer({ default: 15012, minimum: 0, maximum: 65_535, description: 'Port, with TLS; 0 takes any.' }),
  dnsPort: Type.Integer({
    default: 15_053,
    minimum: 0,
    maximum: 65_535,
    description:
      'Port that answers the queries of pods whose DNS is captured, UDP and TCP; proxies ask 15053. 0 is none.',
  }),
  plaintextPort: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 65_535,
    description: 'Port without TLS and tokens on 127.0.0.1, for debugging; 0 is none. Istio has 15010.',
  }),
  plaintextPod: Type.String({ default: '', description: 'Whom everybody is on that port: namespace/pod.' }),
  certificateHours: Type.Number({
    default: 24,
    minimum: 0.01,
    maximum: 8760,
    description: 'Lifetime of the certificates of workloads; they are renewed at half of it.',
  }),
});
