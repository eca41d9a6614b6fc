import type { InboundIR, InboundPortIR } from '../../ir/types/inbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import { isHttp2, listenerProtocol } from '../../model/protocol.ts';
import { httpAuthorization, networkAuthorization } from '../filters/authorization.ts';
import { dropPeerFilter, readPeerFilter } from '../filters/peer-header.ts';
import type { Message, XdsResource } from '../resource.ts';
import { translateAccessLog, translateConnectionLog, translateListenerLog } from './access-log.ts';
import { serviceMetadata, translateLimits } from './cluster.ts';
import { duration } from './common.ts';
import { httpConnectionManager, tcpProxy } from './connection-manager.ts';
import { meshServerTls } from './downstream-tls.ts';
import { type ChainForm, inboundChainForms, needsHttpInspector, needsTlsInspector } from './inbound-chains.ts';
import { inboundClusterName, inboundPassthrough } from './inbound-routes.ts';
import { inspector, originalDestination, wildcardAddress } from './listener-parts.ts';
import { inboundSource } from './static-clusters.ts';
import { servedConnectionStats, servedStats } from './stats-log.ts';
import { withoutRequests } from './tcp-authorization.ts';
import { translateUpstreamProtocol } from './upstream-protocol.ts';

const port15006 = 15_006;

/** The one listener to which iptables sends what comes for the pod. */
export function translateInboundListener(inbound: InboundIR, shape: ProxyShape): XdsResource {
  const doors = doorsOf(inbound);
  const quiet = (needs: (forms: readonly ChainForm[]) => boolean) => [
    ...doors.flatMap(({ port, forms }) => (port === undefined || needs(forms) ? [] : [port])),
    ...inbound.exempt,
    port15006,
  ];
  const name = 'virtualInbound';
  return {
    type: 'listener',
    name,
    origins: inbound.ports.flatMap(({ origins }) => origins),
    message: {
      name,
      ...wildcardAddress(port15006, shape.families),
      ...(shape.interception === 'TPROXY' ? { transparent: true } : {}),
      traffic_direction: 'INBOUND',
      max_connections_to_accept_per_socket_event: 1,
      listener_filters: [
        originalDestination,
        inspector('tls', quiet(needsTlsInspector)),
        inspector('http', quiet(needsHttpInspector)),
      ],
      listener_filters_timeout: duration(shape.protocolDetectionTimeoutMs),
      continue_on_listener_filters_timeout: true,
      access_log: translateListenerLog(shape.accessLog),
      filter_chains: [
        blackHole,
        ...inbound.exempt.map(exemptChain),
        ...doors.flatMap((door) => door.forms.map((form) => chainOf(door, form, { inbound, shape }))),
      ],
    },
  };
}

/** A connection to the listener itself would come back for ever. */
const blackHole: Message = {
  name: 'virtualInbound-blackhole',
  filter_chain_match: { destination_port: port15006 },
  filters: [tcpProxy({ statPrefix: 'BlackHoleCluster', destinations: [], accessLogs: [], more: {} })],
};

function exemptChain(port: number): Message {
  const target = [{ cluster: inboundPassthrough, weight: 1 }];
  return {
    name: `exempt-${port}`,
    filter_chain_match: { destination_port: port },
    filters: [tcpProxy({ statPrefix: inboundPassthrough, destinations: target, accessLogs: [], more: {} })],
  };
}

/** A port, or all those without a name, and the ways in. */
interface Door {
  readonly name: string;
  readonly port: number | undefined;
  readonly known: InboundPortIR | undefined;
  readonly forms: readonly ChainForm[];
}

function doorsOf({ ports, otherPorts, portModes }: InboundIR): Door[] {
  return [
    { name: 'virtualInbound', port: undefined, known: undefined, forms: inboundChainForms('auto', otherPorts) },
    ...portModes.map(({ port, mode }) => ({
      name: `virtualInbound-${port}`,
      port,
      known: undefined,
      forms: inboundChainForms('auto', mode),
    })),
    ...ports.map((known) => ({
      name: `0.0.0.0_${known.targetPort}`,
      port: known.targetPort,
      known,
      forms: inboundChainForms(listenerProtocol(known.protocol), known.mode),
    })),
  ];
}

interface InboundContext {
  readonly inbound: InboundIR;
  readonly shape: ProxyShape;
}

function chainOf(door: Door, form: ChainForm, context: InboundContext): Message {
  const http = form.speaks === 'http';
  const passthrough = door.known === undefined && door.port === undefined && http;
  return {
    name: passthrough ? 'virtualInbound-catchall-http' : door.name,
    filter_chain_match: {
      ...(door.port === undefined ? {} : { destination_port: door.port }),
      ...form.match,
    },
    filters: http ? [httpFilter(door, form, context)] : tcpFilters(door, form, context),
    ...(form.mutual
      ? {
          transport_socket: meshServerTls(form.speaks, context.inbound.trustDomains),
          transport_socket_connect_timeout: '15s',
        }
      : {}),
  };
}

const clusterOf = ({ known }: Door) =>
  known === undefined ? inboundPassthrough : inboundClusterName(known.targetPort);

function httpFilter(door: Door, form: ChainForm, { shape }: InboundContext): Message {
  return httpConnectionManager(
    {
      statPrefix: `inbound_0.0.0.0_${door.port ?? 0};`,
      routes: clusterOf(door),
      // Who may come is asked before anything else is done with what came.
      filters: [form.mutual ? readPeerFilter : dropPeerFilter, ...httpAuthorization],
      accessLogs: [servedStats(shape, form.mutual), ...translateAccessLog(shape.accessLog)],
      more: {
        forward_client_cert_details: 'APPEND_FORWARD',
        set_current_client_cert_details: { subject: true, dns: true, uri: true },
      },
    },
    shape,
  );
}

function tcpFilters(door: Door, form: ChainForm, { inbound, shape }: InboundContext): Message[] {
  const cluster = clusterOf(door);
  const idle = door.known?.connections.idleTimeoutMs;
  return [
    ...networkAuthorization(inbound.authorization.map(withoutRequests)),
    tcpProxy({
      statPrefix: cluster,
      destinations: [{ cluster, weight: 1 }],
      accessLogs: [...servedConnectionStats(shape, form.mutual), ...translateConnectionLog(shape.accessLog)],
      more: idle === undefined ? {} : { idle_timeout: duration(idle) },
    }),
  ];
}

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
        type: 'ORIGINAL_DST',
        lb_policy: 'CLUSTER_PROVIDED',
        connect_timeout: '10s',
        cleanup_interval: '60s',
        circuit_breakers: { thresholds: [translateLimits(port.limits)] },
        ...inboundSource(shape.families),
        ...translateUpstreamProtocol(upstreamOf(port), port.connections),
        metadata: { filter_metadata: inboundMetadata(port) },
      },
    };
  });
}

/** What the app is spoken to in: what its port says, also where clients came by HTTP/2; what came, if it says nothing. */
function upstreamOf({ protocol }: InboundPortIR): 'http' | 'http2' | 'same' | 'tcp' {
  const kind = listenerProtocol(protocol);
  if (kind === 'tcp') return 'tcp';
  if (kind === 'auto') return 'same';
  return isHttp2(protocol) ? 'http2' : 'http';
}

function inboundMetadata({ hostname }: InboundPortIR): Message {
  const [name = hostname, namespace = ''] = hostname.split('.');
  const service = { host: hostname, name, namespace };
  return { istio: { services: [service] }, [serviceMetadata]: service };
}
