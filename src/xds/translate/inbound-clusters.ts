import type { AppAddressIR, InboundIR, InboundPortIR } from '../../ir/types/inbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import { isHttp2, listenerProtocol } from '../../model/protocol.ts';
import type { Message, XdsResource } from '../resource.ts';
import { serviceMetadata, translateKeepAlive, translateLimits } from './cluster.ts';
import { duration, socketAddress } from './common.ts';
import { inboundClusterName } from './inbound-routes.ts';
import { inboundSource } from './static-clusters.ts';
import { translateUpstreamProtocol } from './upstream-protocol.ts';

/** One for each named port: to the app, from an address that is let by. */
export function translateInboundClusters(inbound: InboundIR, shape: ProxyShape): readonly XdsResource[] {
  return inbound.ports.map((port) => {
    const name = inboundClusterName(port.targetPort);
    return {
      type: 'cluster',
      name,
      origins: port.origins,
      message: {
        name,
        alt_stat_name: `${name};`,
        ...placeOf(port.app, name, shape),
        connect_timeout: duration(port.connectTimeoutMs),
        circuit_breakers: { thresholds: [translateLimits(port.limits)] },
        ...translateKeepAlive(port.connections),
        ...translateUpstreamProtocol({ upstream: upstreamOf(port), connections: port.connections }),
        metadata: { filter_metadata: inboundMetadata(port) },
      },
    };
  });
}

/** What the app is spoken to in: what its port says, also where clients came by HTTP/2; what came, if it says nothing or `useClientProtocol` asks for it. */
function upstreamOf({ protocol, keepsVersion }: InboundPortIR): 'http' | 'http2' | 'same' | 'tcp' {
  const kind = listenerProtocol(protocol);
  if (kind === 'tcp') return 'tcp';
  if (isHttp2(protocol)) return 'http2';
  return kind === 'auto' || keepsVersion ? 'same' : 'http';
}

function inboundMetadata({ hostname }: InboundPortIR): Message {
  const [name = hostname, namespace = ''] = hostname.split('.');
  const service = { host: hostname, name, namespace };
  return { istio: { services: [service] }, [serviceMetadata]: service };
}

/** The pod's own address is reached from one that iptables lets by; loopback and sockets need none. */
function placeOf(app: AppAddressIR, name: string, shape: ProxyShape): Message {
  if (app.kind === 'called')
    return {
      type: 'ORIGINAL_DST',
      lb_policy: 'CLUSTER_PROVIDED',
      cleanup_interval: '60s',
      ...(app.port === undefined ? {} : { original_dst_lb_config: { upstream_port_override: app.port } }),
      ...inboundSource(shape.families),
    };
  const address = app.kind === 'socket' ? { pipe: { path: app.path } } : socketAddress(app.address, app.port);
  const loopback = app.kind === 'socket' || app.address === '::1' || app.address.startsWith('127.');
  return {
    type: 'STATIC',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    ...(loopback ? {} : inboundSource(shape.families)),
  };
}
