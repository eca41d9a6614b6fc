import { type Static, Type } from 'typebox';

const text = (fallback: string, description: string) => Type.String({ default: fallback, description });
const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description });
const port = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, minimum: 0, maximum: 65535, description });
const whole = (fallback: number, description: string) => Type.Integer({ default: fallback, minimum: 0, description });
const list = (description: string) => Type.Array(Type.String(), { default: [], description });
const map = (description: string) => Type.Record(Type.String(), Type.String(), { default: {}, description });
const anything = (description: string) => Type.Record(Type.String(), Type.Any(), { default: {}, description });

export const LabelSelectorSchema = Type.Object(
  {
    matchLabels: Type.Optional(Type.Record(Type.String(), Type.String())),
    matchExpressions: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.String(),
          operator: Type.Union([
            Type.Literal('In'),
            Type.Literal('NotIn'),
            Type.Literal('Exists'),
            Type.Literal('DoesNotExist'),
          ]),
          values: Type.Optional(Type.Array(Type.String())),
        }),
      ),
    ),
  },
  { description: 'A Kubernetes label selector.' },
);

const ImageSchema = Type.Object(
  {
    proxy: text('outrigger/proxy:0.1.0', 'Image of istio-proxy and istio-init.'),
    pullPolicy: text('', 'imagePullPolicy of both; empty leaves it to Kubernetes.'),
    pullSecrets: list('Names of image pull secrets added to each injected pod.'),
  },
  { default: {} },
);

const ProxySchema = Type.Object(
  {
    logLevel: text('warning', "Envoy's log level."),
    componentLogLevel: text('misc:error', "Envoy's log level per component."),
    statusPort: port(15020, 'Port of probes and merged metrics; 0 removes the proxy probes.'),
    readinessInitialDelaySeconds: whole(0, 'initialDelaySeconds of the readiness probe.'),
    readinessPeriodSeconds: whole(15, 'periodSeconds of the readiness probe.'),
    readinessFailureThreshold: whole(4, 'failureThreshold of the readiness probe.'),
    identity: Type.Union([Type.Literal('mesh'), Type.Literal('spire')], {
      default: 'mesh',
      description:
        'Where proxies have their certificate and roots from: the control plane, or the Unix socket of SPIRE.',
    }),
    startupProbe: flag(true, 'Give istio-proxy a startup probe.'),
    startupFailureThreshold: whole(600, 'failureThreshold (1 s each) of the startup probe.'),
    includeIPRanges: text('*', 'Outbound CIDRs captured by default.'),
    excludeIPRanges: text('', 'Outbound CIDRs not captured by default.'),
    includeInboundPorts: text('*', 'Inbound ports captured by default.'),
    excludeInboundPorts: text('', 'Inbound ports not captured by default.'),
    includeOutboundPorts: text('', 'Outbound ports captured whatever the address.'),
    excludeOutboundPorts: text('', 'Outbound ports not captured by default.'),
    holdApplicationUntilProxyStarts: flag(false, 'Start the app only once the proxy is ready (classic sidecars).'),
    privileged: flag(false, 'Run istio-proxy and istio-init privileged.'),
    capNetBindService: flag(false, 'Give istio-proxy NET_BIND_SERVICE (it then runs as root).'),
    seccompProfile: Type.Record(Type.String(), Type.Any(), {
      default: { type: 'RuntimeDefault' },
      description: 'seccompProfile of istio-proxy and istio-init.',
    }),
    lifecycle: anything('Replaces the lifecycle of istio-proxy when not empty.'),
    resources: Type.Object(
      {
        requests: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()]), {
          default: { cpu: '50m', memory: '64Mi' },
        }),
        limits: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()]), {
          default: { cpu: '2', memory: '1Gi' },
        }),
      },
      { default: {}, description: 'Resources of istio-proxy and istio-init.' },
    ),
  },
  { default: {} },
);

const MeshSchema = Type.Object(
  {
    trustDomain: text('cluster.local', 'SPIFFE trust domain.'),
    clusterDomain: text('cluster.local', 'DNS suffix of the cluster.'),
    clusterId: text('Kubernetes', 'Name of this cluster in the mesh.'),
    network: text('', 'Network of the pods; the pod label topology.istio.io/network wins.'),
    meshId: text('', 'Mesh id; empty means the trust domain.'),
    proxyListenPort: port(15001, 'Envoy port of captured outbound traffic.'),
    proxyInboundListenPort: port(15006, 'Envoy port of captured inbound traffic.'),
    enablePrometheusMerge: flag(true, "Serve the app's metrics merged with the proxy's."),
    defaultConfig: anything("Istio's ProxyConfig for every proxy; the annotation proxy.istio.io/config wins."),
  },
  { default: {} },
);

/** What the injector does to a pod, apart from what the pod and its namespace say. */
export const InjectionSettingsSchema = Type.Object(
  {
    revision: text('default', 'The revision that this control plane is.'),
    otherRevisions: list('Revisions that other control planes of the cluster serve.'),
    tags: map('Revision tags: tag name to revision.'),
    policy: Type.Union([Type.Literal('enabled'), Type.Literal('disabled')], {
      default: 'enabled',
      description: 'What happens to a selected pod that says nothing itself.',
    }),
    enableNamespacesByDefault: flag(false, 'Inject in namespaces without any label, too.'),
    neverInjectSelector: Type.Array(LabelSelectorSchema, {
      default: [],
      description: 'Pods never injected, by label.',
    }),
    alwaysInjectSelector: Type.Array(LabelSelectorSchema, {
      default: [],
      description: 'Pods always injected, by label.',
    }),
    systemNamespace: text('outrigger-system', 'Where the control plane runs; never injected.'),
    defaultTemplates: Type.Array(Type.String(), {
      minItems: 1,
      default: ['sidecar'],
      description: 'Templates without annotation.',
    }),
    templateAliases: Type.Record(Type.String(), Type.Array(Type.String()), {
      default: {},
      description: 'Names that stand for several templates.',
    }),
    templates: anything('Further templates by name: json-e on YAML, as text or data.'),
    injectedAnnotations: map('Annotations added to each injected pod.'),
    rewriteAppHTTPProbe: flag(true, 'Let Envoy answer the probes of the app.'),
    nativeSidecars: Type.Union([Type.Literal('auto'), Type.Literal('true'), Type.Literal('false')], {
      default: 'auto',
      description: 'Native sidecars: auto means where every kubelet is 1.33 or newer.',
    }),
    platform: Type.Union([Type.Literal(''), Type.Literal('openshift')], {
      default: '',
      description: 'openshift takes the proxy user from the namespace.',
    }),
    discoveryAddress: text('outrigger.outrigger-system.svc:15012', 'host:port that proxies connect to.'),
    nameservers: list(
      'Addresses of the resolvers that pods have, for DNS capture; empty takes those in /etc/resolv.conf of the control plane.',
    ),
    image: ImageSchema,
    proxy: ProxySchema,
    mesh: MeshSchema,
  },
  { default: {} },
);
export type InjectionSettings = Static<typeof InjectionSettingsSchema>;
