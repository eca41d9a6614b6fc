import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { Message, XdsResource } from '../resource.ts';
import { serviceMetadata } from './cluster.ts';
import { any, duration, socketAddress } from './common.ts';

const unlimited = 4_294_967_295;
const noLimits = {
  thresholds: [
    { max_connections: unlimited, max_pending_requests: unlimited, max_requests: unlimited, max_retries: unlimited },
  ],
};

/** HTTP to wherever it was meant, in the protocol of the client; connections that nobody uses are closed. */
const passthroughOptions: Message = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': any('extensions.upstreams.http.v3.HttpProtocolOptions', {
    common_http_protocol_options: { idle_timeout: duration(300_000) },
    use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} },
  }),
};

/** Its own name is that of the service, for the metrics, as in Istio; the host is what the request asks for. */
const named = (name: string): Message => ({
  metadata: { filter_metadata: { [serviceMetadata]: { name, namespace: 'unknown' } } },
});

function fixed(name: string, message: Message): XdsResource {
  return { type: 'cluster', name, origins: [], message: { name, connect_timeout: duration(10_000), ...message } };
}

/** Nothing answers there. */
export const blackHoleCluster = fixed('BlackHoleCluster', {
  type: 'STATIC',
  alt_stat_name: 'BlackHoleCluster;',
  ...named('BlackHoleCluster'),
});

/** To the address that the client meant, untouched. */
export const passthroughCluster = fixed('PassthroughCluster', {
  type: 'ORIGINAL_DST',
  alt_stat_name: 'PassthroughCluster;',
  lb_policy: 'CLUSTER_PROVIDED',
  circuit_breakers: noLimits,
  typed_extension_protocol_options: passthroughOptions,
  ...named('PassthroughCluster'),
});

/** Names that exist as far as Envoy is concerned, and refuse at once: a missing one would let clients wait. */
export function tombstone(name: string): XdsResource {
  return fixed(name, { type: 'STATIC', load_assignment: { cluster_name: name } });
}

/** To an address that is not the mesh's, asked for by address. */
export function originalCluster(name: string): XdsResource {
  return fixed(name, {
    type: 'ORIGINAL_DST',
    alt_stat_name: 'PassthroughCluster;',
    lb_policy: 'CLUSTER_PROVIDED',
    circuit_breakers: noLimits,
    ...named('PassthroughCluster'),
  });
}

/** From an address that iptables lets by, else it would send the connection back into the proxy. */
export function inboundSource(families: ProxyShape['families']): Message {
  const four = socketAddress('127.0.0.6', 0).socket_address;
  const six = socketAddress('::6', 0).socket_address;
  if (!families.includes(4)) return { upstream_bind_config: { source_address: six } };
  const both = families.includes(6) ? { extra_source_addresses: [{ address: six }] } : {};
  return { upstream_bind_config: { source_address: four, ...both } };
}

/** To ports of the pod that no service names. Its name in statistics is Istio's. */
export function inboundPassthroughCluster(families: ProxyShape['families']): XdsResource {
  return fixed('InboundPassthroughCluster', {
    type: 'ORIGINAL_DST',
    alt_stat_name: 'PassthroughCluster;',
    lb_policy: 'CLUSTER_PROVIDED',
    circuit_breakers: noLimits,
    typed_extension_protocol_options: passthroughOptions,
    ...named('InboundPassthroughCluster'),
    ...inboundSource(families),
  });
}
