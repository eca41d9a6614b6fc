/** Istio's names of what `--set` has under a name of its own. */
export const istioNames: Readonly<Record<string, string>> = {
  'components.ingressGateways[0].enabled': 'gateways.ingress',
  'components.egressGateways[0].enabled': 'gateways.egress',
  'values.gateways.istio-ingressgateway.type': 'gateways.serviceType',
  'values.gateways.istio-ingressgateway.autoscaleEnabled': 'gateways.autoscale',
  'values.pilot.replicaCount': 'replicas',
  'values.pilot.traceSampling': 'meshConfig.defaultConfig.tracing.sampling',
  'values.sidecarInjectorWebhook.enableNamespacesByDefault': 'enableNamespacesByDefault',
  'values.revision': 'revision',
  'values.revisionTags': 'revisionTags',
  'values.defaultRevision': 'revision',
};

const port = 'the Service, the probes and the NetworkPolicy count on it';
const cluster = 'the control plane is installed in the cluster that it reads';

/** Keys of the server that follow from others, and what to use. */
export const closedKeys: Readonly<Record<string, string>> = {
  'injection.image.proxy': 'use --set proxyImage=…',
  'injection.revision': 'use --revision',
  'injection.tags': 'use --set revisionTags=…',
  'injection.systemNamespace': 'use --set namespace=…',
  'injection.discoveryAddress': 'it is the Service of the installation',
  'injection.enableNamespacesByDefault': 'use --set enableNamespacesByDefault=…',
  'tls.certFile': 'use --set servingSecret=…',
  'tls.keyFile': 'use --set servingSecret=…',
  'tls.names': 'they are those of the Service',
  'server.port': port,
  'server.host': port,
  'discovery.port': port,
  'discovery.host': port,
  'discovery.dnsPort': port,
  config: cluster,
  kubernetes: cluster,
  kubeconfig: cluster,
  stateDir: cluster,
};
