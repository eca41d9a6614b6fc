import type { Json, JsonObject } from '../../model/json.ts';
import { socketFolder } from './bootstrap-socket.ts';
import type { SidecarOptions } from './options.ts';

/** Annotations that carry the file-SDS wrappers of token and CA; the downward API turns them into files. */
export const sdsTokenAnnotation = 'proxy.outrigger.io/sds-token';
export const sdsRootAnnotation = 'proxy.outrigger.io/sds-root';

/** https://github.com/spiffe/spiffe-csi: an ephemeral volume with the socket of the node's SPIRE agent. */
const socketVolume: Json = { name: 'workload-socket', csi: { driver: 'csi.spiffe.io', readOnly: true } };

/**
 * Istio's names where the thing is the same, so that users' mounts and tools find it. No private key is ever
 * in a volume: workload certificates reach Envoy by SDS.
 */
export function proxyVolumes(options: SidecarOptions): Json[] {
  return [
    {
      name: 'istio-podinfo',
      downwardAPI: {
        items: [
          { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
          { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
          { path: 'sds-token.yaml', fieldRef: { fieldPath: `metadata.annotations['${sdsTokenAnnotation}']` } },
          { path: 'sds-root.yaml', fieldRef: { fieldPath: `metadata.annotations['${sdsRootAnnotation}']` } },
        ],
      },
    },
    {
      name: 'istio-token',
      projected: {
        sources: [{ serviceAccountToken: { audience: 'istio-ca', expirationSeconds: 43200, path: 'istio-token' } }],
      },
    },
    { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } },
    ...(options.identity === 'spire' ? [socketVolume] : []),
    ...(options.bootstrapOverride
      ? [{ name: 'custom-bootstrap-volume', configMap: { name: options.bootstrapOverride } }]
      : []),
    ...options.userVolumes.volumes,
  ];
}

export function proxyVolumeMounts(options: SidecarOptions): JsonObject[] {
  return [
    { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
    { name: 'istio-token', mountPath: '/var/run/secrets/tokens' },
    { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
    ...(options.identity === 'spire' ? [{ name: 'workload-socket', mountPath: socketFolder, readOnly: true }] : []),
    ...(options.bootstrapOverride
      ? [{ name: 'custom-bootstrap-volume', mountPath: '/etc/istio/custom-bootstrap' }]
      : []),
    ...options.userVolumes.mounts,
  ];
}
