import type { InboundIR, InboundPortIR } from '../../ir/types/inbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import { listenerProtocol } from '../../model/protocol.ts';
import { httpAuthorization, networkAuthorization } from '../filters/authorization.ts';
import { externalAuthorization, networkExternalAuthorization } from '../filters/external-authorization.ts';
import { dropPeerFilter, readPeerFilter } from '../filters/peer-header.ts';
import { rateLimits } from '../filters/rate-limit.ts';
import { tokenSlot } from '../filters/request-authentication.ts';
import type { Message, XdsResource } from '../resource.ts';
import { translateAccessLog, translateConnectionLog, translateListenerLog } from './access-log.ts';
import { bypassInbound } from './bypass.ts';
import { duration, socketAddress } from './common.ts';
import { httpConnectionManager, tcpProxy } from './connection-manager.ts';
import { meshServerTls } from './downstream-tls.ts';
import { gatewayTls } from './gateway-tls.ts';
import {
  type ChainForm,
  givenTlsForms,
  inboundChainForms,
  needsHttpInspector,
  needsTlsInspector,
} from './inbound-chains.ts';
import { inboundClusterName, inboundPassthrough } from './inbound-routes.ts';
import { inspector, originalDestination, wildcardAddress } from './listener-parts.ts';
import { servedConnectionStats, servedStats } from './stats-log.ts';
import { tapConnectionLogs, tapLogs } from './tap-log.ts';
import { withoutRequests } from './tcp-authorization.ts';

const port15006 = 15_006;

/** The listener to which iptables sends what comes for the pod, and those where the proxy itself listens. */
export function translateInboundListeners(inbound: InboundIR, shape: ProxyShape): readonly XdsResource[] {
  const bound = inbound.ports.filter(({ bind }) => bind.length > 0);
  const captured = capturedListener(inbound, shape);
  const { bypass } = inbound;
  return [
    bypass === undefined ? captured : bypassInbound(captured, bypass),
    ...bound.map((port) => boundListener(port, { inbound, shape })),
  ];
}

function boundListener(port: InboundPortIR, context: InboundContext): XdsResource {
  const { shape } = context;
  const door = doorOf(port);
  const [first, ...others] = port.bind.map((address) => ({ address: socketAddress(address, port.targetPort) }));
  const name = `inbound_${port.bind.join('_')}_${port.targetPort}`;
  return {
    type: 'listener',
    name,
    origins: [...port.origins, ...shape.telemetry.origins],
    message: {
      name,
      ...first,
      ...(others.length === 0 ? {} : { additional_addresses: others }),
      traffic_direction: 'INBOUND',
      max_connections_to_accept_per_socket_event: 1,
      listener_filters: [
        ...(needsTlsInspector(door.forms) ? [inspector('tls', [])] : []),
        ...(needsHttpInspector(door.forms) ? [inspector('http', [])] : []),
      ],
      listener_filters_timeout: duration(shape.protocolDetectionTimeoutMs),
      continue_on_listener_filters_timeout: true,
      access_log: translateListenerLog(shape.telemetry.served.accessLogs),
      filter_chains: door.forms.map((form) => chainOf(door, form, context)),
    },
  };
}

function capturedListener(inbound: InboundIR, shape: ProxyShape): XdsResource {
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
    origins: [...inbound.ports.flatMap(({ origins }) => origins), ...shape.telemetry.origins],
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
      access_log: translateListenerLog(shape.telemetry.served.accessLogs),
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
    ...ports.filter(({ bind }) => bind.length === 0).map(doorOf),
  ];
}

function doorOf(known: InboundPortIR): Door {
  const protocol = listenerProtocol(known.protocol);
  const forms = known.tls === undefined ? inboundChainForms(protocol, known.mode) : givenTlsForms(protocol);
  return { name: `0.0.0.0_${known.targetPort}`, port: known.targetPort, known, forms };
}

interface InboundContext {
  readonly inbound: InboundIR;
  readonly shape: ProxyShape;
}

function chainOf(door: Door, form: ChainForm, context: InboundContext): Message {
  const http = form.speaks === 'http';
  const passthrough = door.known === undefined && door.port === undefined && http;
  const captured = (door.known?.bind.length ?? 0) === 0;
  const tls = tlsOf(door, form, context);
  return {
    name: passthrough ? 'virtualInbound-catchall-http' : door.name,
    filter_chain_match: {
      ...(door.port === undefined || !captured ? {} : { destination_port: door.port }),
      ...form.match,
    },
    filters: http ? [httpFilter(door, form, context)] : tcpFilters(door, form, context),
    ...(tls === undefined ? {} : { transport_socket: tls, transport_socket_connect_timeout: '15s' }),
  };
}

function tlsOf({ known }: Door, { mutual, speaks }: ChainForm, { inbound }: InboundContext): Message | undefined {
  if (mutual) return meshServerTls(speaks, inbound.trustDomains);
  return known?.tls === undefined ? undefined : gatewayTls(known.tls, speaks, inbound.trustDomains);
}

const clusterOf = ({ known }: Door) =>
  known === undefined ? inboundPassthrough : inboundClusterName(known.targetPort);

function httpFilter(door: Door, form: ChainForm, { shape }: InboundContext): Message {
  return httpConnectionManager({
    statPrefix: `inbound_0.0.0.0_${door.port ?? 0};`,
    routes: clusterOf(door),
    // Who may come is asked before anything else is done with what came.
    filters: [
      form.mutual ? readPeerFilter : dropPeerFilter,
      ...externalAuthorization,
      tokenSlot.filter,
      ...httpAuthorization,
      ...rateLimits,
    ],
    accessLogs: [
      ...servedStats(shape, form.mutual),
      ...translateAccessLog(shape.telemetry.served.accessLogs),
      ...tapLogs(shape, 'served'),
    ],
    normalization: shape.pathNormalization,
    tracing: shape.telemetry.served.tracing,
    more: {
      forward_client_cert_details: 'APPEND_FORWARD',
      set_current_client_cert_details: { subject: true, dns: true, uri: true },
    },
  });
}

/** By itself Envoy connects to the app while the handshake is under way, and the metric of that knows no peer yet. */
const whoCalls: Message = { upstream_connect_mode: 'ON_DOWNSTREAM_TLS_HANDSHAKE', max_early_data_bytes: 16_384 };

function tcpFilters(door: Door, form: ChainForm, { inbound, shape }: InboundContext): Message[] {
  const cluster = clusterOf(door);
  const idle = door.known?.connections.idleTimeoutMs;
  return [
    ...networkExternalAuthorization(inbound.external),
    ...networkAuthorization(inbound.authorization.map(withoutRequests)),
    tcpProxy({
      statPrefix: cluster,
      destinations: [{ cluster, weight: 1 }],
      accessLogs: [
        ...servedConnectionStats(shape, form.mutual),
        ...translateConnectionLog(shape.telemetry.served.accessLogs),
        ...tapConnectionLogs(shape, 'served'),
      ],
      more: { ...(form.mutual ? whoCalls : {}), ...(idle === undefined ? {} : { idle_timeout: duration(idle) }) },
    }),
  ];
}
