import { escapeVariables } from '../../model/kubelet-variables.ts';
import { canonicalService } from '../../model/pod-owner.ts';
import type { BootstrapInput } from './bootstrap-input.ts';
import type { ContextInput } from './context-input.ts';
import { capturesDns, nameserversOf } from './dns-capture.ts';

/** Where the merged metrics and the app's probes always are; a custom status port answers as well. */
export const meshStatusPort = 15020;

/** The part of the bootstrap that does not depend on the probes and metrics of the app. */
export function bootstrapFacts(input: ContextInput, gateway: boolean): Omit<BootstrapInput, 'probes' | 'scrape'> {
  const { options, settings, request, workload, userPod } = input;
  const separator = options.discoveryAddress.lastIndexOf(':');
  const labels = userPod.metadata.labels ?? {};
  const host = options.discoveryAddress.slice(0, separator).replace(/^\[|\]$/g, '');
  const dns = !gateway && capturesDns(options) ? { host, nameservers: nameserversOf(userPod, settings) } : undefined;
  const network = labels['topology.istio.io/network'] || request.urlParameters?.['net'] || settings.mesh.network;
  return {
    proxyType: gateway ? 'router' : 'sidecar',
    serviceCluster: escapeVariables(`${canonicalService(labels, workload.name)}.${request.namespace.name}`),
    nodeMetadata: {
      NAME: '$(POD_NAME)',
      NAMESPACE: '$(POD_NAMESPACE)',
      SERVICE_ACCOUNT: '$(SERVICE_ACCOUNT)',
      INSTANCE_IPS: '$(INSTANCE_IP)',
      CLUSTER_ID: escapeVariables(request.urlParameters?.['cluster'] || settings.mesh.clusterId),
      WORKLOAD_NAME: escapeVariables(labels['service.istio.io/workload-name'] || workload.name),
      INTERCEPTION_MODE: options.mode,
      MESH_ID: escapeVariables(settings.mesh.meshId || settings.mesh.trustDomain),
      ...(network ? { NETWORK: escapeVariables(network) } : {}),
    },
    domainSuffix: escapeVariables(settings.mesh.clusterDomain),
    discovery: {
      host,
      port: Number(options.discoveryAddress.slice(separator + 1)),
    },
    statusPort: meshStatusPort,
    extraStatusPorts: [0, meshStatusPort].includes(options.statusPort) ? [] : [options.statusPort],
    ...(dns === undefined ? {} : { dns }),
    ...(options.identity === 'spire' ? { socket: true } : {}),
    captured: !gateway && options.mode !== 'NONE',
    statsInclusion: options.statsInclusion,
    adminPort: 15000,
    readyPort: 15021,
    metricsPort: 15090,
  };
}
