/** A kind of another dialect, which is turned into Istio's. */
export interface DialectKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** Those that are read, the newest first. */
  readonly versions: readonly string[];
  readonly scope: 'namespaced' | 'cluster';
}

const smi = { versions: ['v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'], scope: 'namespaced' } as const;
const gatewayApi = {
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1beta1'],
  scope: 'namespaced',
} as const;

export const dialectKinds: readonly DialectKind[] = [
  { ...smi, group: 'split.smi-spec.io', kind: 'TrafficSplit', plural: 'trafficsplits' },
  { ...smi, group: 'specs.smi-spec.io', kind: 'HTTPRouteGroup', plural: 'httproutegroups' },
  {
    ...{ group: 'linkerd.io', kind: 'ServiceProfile', plural: 'serviceprofiles' },
    ...{ versions: ['v1alpha2', 'v1alpha1'], scope: 'namespaced' },
  },
  { ...gatewayApi, kind: 'GatewayClass', plural: 'gatewayclasses', scope: 'cluster' },
  { ...gatewayApi, kind: 'Gateway', plural: 'gateways' },
  { ...gatewayApi, kind: 'HTTPRoute', plural: 'httproutes' },
  { ...gatewayApi, kind: 'GRPCRoute', plural: 'grpcroutes', versions: ['v1', 'v1alpha2'] },
  { ...gatewayApi, kind: 'TLSRoute', plural: 'tlsroutes', versions: ['v1', 'v1alpha3', 'v1alpha2'] },
  { ...gatewayApi, kind: 'TCPRoute', plural: 'tcproutes', versions: ['v1', 'v1alpha2'] },
  { ...gatewayApi, kind: 'ReferenceGrant', plural: 'referencegrants' },
  {
    ...{ group: 'networking.k8s.io', kind: 'Ingress', plural: 'ingresses' },
    ...{ versions: ['v1'], scope: 'namespaced' },
  },
  {
    ...{ group: 'networking.k8s.io', kind: 'IngressClass', plural: 'ingressclasses' },
    ...{ versions: ['v1'], scope: 'cluster' },
  },
];

/** Istio has a Gateway, too. */
export const apiGateway = 'Gateway.gateway.networking.k8s.io';

export const istioGatewayController = 'istio.io/gateway-controller';

/** Of GatewayClasses that are ours, and of the entries in statuses that we write. Istio's is taken so that what was written for it works. */
export const gatewayControllers: readonly string[] = ['outrigger.io/gateway-controller', istioGatewayController];

export function dialectKindOf(apiVersion: string, kind: string): DialectKind | undefined {
  return dialectKinds.find(
    (known) => known.kind === kind && known.versions.some((version) => `${known.group}/${version}` === apiVersion),
  );
}

/** What an object is told apart by: its kind, with its group where kinds of two groups have one name. */
export function kindKey(apiVersion: string, kind: string): string {
  return kind === 'Gateway' && apiVersion.startsWith('gateway.networking.k8s.io/') ? apiGateway : kind;
}
