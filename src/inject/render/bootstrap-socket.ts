import type { JsonObject } from '../../model/json.ts';

/** Tells the control plane, too, where the secrets of a proxy come from. */
export const identityAnnotation = 'proxy.outrigger.io/identity';

/** Where Istio has the socket of SPIRE's agent, which the SPIFFE CSI driver mounts: its templates name the same. */
export const socketFolder = '/run/secrets/workload-spiffe-uds';

/** The cluster behind which the control plane has the proxy look for certificate and roots. */
export function buildSocketCluster(): JsonObject {
  return {
    name: 'sds-socket',
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: 'sds-socket',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: `${socketFolder}/socket` } } } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
}
