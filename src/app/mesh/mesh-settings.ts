import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Config } from '../config.ts';

/** What the configuration says of the mesh; names of the cluster are those that injection gives to pods. */
export function meshSettings({ injection, mesh }: Pick<Config, 'injection' | 'mesh'>): MeshSettings {
  const { trustDomain, clusterDomain, clusterId, meshId } = injection.mesh;
  const { connectTimeoutSeconds, protocolDetectionTimeoutSeconds, ...named } = mesh;
  const { secretNamespaces: _, rootExcludedNamespaces: __, learning: _____, ...others } = named;
  const { jwksRefreshSeconds: ___, jwksAllowedAddresses: ____, caCertificates: ______, ...rest } = others;
  return {
    ...rest,
    trustDomain,
    domainSuffix: clusterDomain,
    clusterId,
    meshId: meshId === '' ? trustDomain : meshId,
    connectTimeoutMs: connectTimeoutSeconds * 1000,
    protocolDetectionTimeoutMs: protocolDetectionTimeoutSeconds * 1000,
  };
}
