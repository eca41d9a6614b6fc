import { istioVersion } from '../../model/istio-version.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Workload } from '../../model/workload.ts';

/** What a patch may know of the proxy that it is for. */
export type PatchedProxy = Pick<
  Workload,
  'namespace' | 'name' | 'labels' | 'ips' | 'serviceAccount' | 'nodeName' | 'workloadName' | 'metadata'
>;

/**
 * The metadata of the node that Istio's proxies say of themselves, as far as it is text: what the pod tells, and each variable
 * `ISTIO_META_` of the proxy. https://istio.io/latest/docs/reference/config/networking/envoy-filter/#EnvoyFilter-ProxyMatch
 */
export function proxyMetadata(
  proxy: PatchedProxy,
  { clusterId, meshId }: Pick<MeshSettings, 'clusterId' | 'meshId'>,
): ReadonlyMap<string, string> {
  const { namespace, name, ips, serviceAccount, nodeName, workloadName, metadata } = proxy;
  return new Map([
    ['CLUSTER_ID', clusterId],
    ['MESH_ID', meshId],
    ['INTERCEPTION_MODE', 'REDIRECT'],
    ['NODE_NAME', nodeName],
    ['WORKLOAD_NAME', workloadName],
    ...Object.entries(metadata),
    ['NAME', name],
    ['NAMESPACE', namespace],
    ['SERVICE_ACCOUNT', serviceAccount],
    ['INSTANCE_IPS', ips.join(',')],
    ['ISTIO_VERSION', istioVersion],
  ]);
}

/** What only Istio's agent says: of its own build, or as a structure, which no text equals in Istio, either. */
const ofTheAgent: readonly string[] = [
  ...['ISTIO_PROXY_SHA', 'LABELS', 'ANNOTATIONS', 'PROXY_CONFIG', 'PLATFORM_METADATA', 'PILOT_SAN'],
  ...['ENVOY_STATUS_PORT', 'ENVOY_PROMETHEUS_PORT'],
];

export const asksTheAgent = (metadata: unknown): boolean =>
  typeof metadata === 'object' && metadata !== null && ofTheAgent.some((key) => Object.hasOwn(metadata, key));
