import type {
  GatewayHttpIR,
  GatewayIR,
  GatewayListenerIR,
  GatewayServerIR,
  GatewayTcpIR,
} from '../../ir/types/gateway.ts';
import type { TlsRouteIR } from '../../ir/types/outbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import { alpnFilter } from '../filters/alpn.ts';
import { fixedHttpAuthorization, networkAuthorization } from '../filters/authorization.ts';
import { corsFilter } from '../filters/cors.ts';
import { fixedExternalAuthorization, networkExternalAuthorization } from '../filters/external-authorization.ts';
import { faultFilter } from '../filters/fault.ts';
import { resolveServerNameFilter } from '../filters/name-resolution.ts';
import { sendPeerFilter } from '../filters/peer-header.ts';
import { gatewayRateLimits } from '../filters/rate-limit.ts';
import { tokenSlot } from '../filters/request-authentication.ts';
import type { Message, XdsResource } from '../resource.ts';
import { translateAccessLog, translateListenerLog } from './access-log.ts';
import { cidr, socketAddress } from './common.ts';
import { httpConnectionManager } from './connection-manager.ts';
import { gatewayTls } from './gateway-tls.ts';
import { inspector, wildcardAddress } from './listener-parts.ts';
import { lookingUp, outboundTcp } from './outbound-http.ts';
import { fullRouteConfiguration } from './route-configuration.ts';
import { gatewayStats } from './stats-log.ts';
import { tapLogs } from './tap-log.ts';
import { withoutRequests } from './tcp-authorization.ts';
import { translateTcpConnection } from './tcp-connection.ts';

/** One listener for each address and port of a gateway. */
export function translateGatewayListeners(gateway: GatewayIR, shape: ProxyShape): readonly XdsResource[] {
  const looksUp = gateway.clusters.some(({ discovery }) => discovery.kind === 'dynamic-dns');
  const own = looksUp ? { ...shape, looksUpHosts: true as const } : shape;
  return gateway.listeners.map((listener) => translateListener(listener, { gateway, shape: own }));
}

/** The route configuration that a server's chain names. */
export function translateGatewayRoute({ routeName, virtualHosts }: GatewayHttpIR): XdsResource {
  return fullRouteConfiguration(routeName, virtualHosts, undefined);
}

interface GatewayContext {
  readonly gateway: Pick<GatewayIR, 'authorization' | 'external' | 'trustDomains' | 'clusters'>;
  readonly shape: ProxyShape;
}

function translateListener(listener: GatewayListenerIR, context: GatewayContext): XdsResource {
  const { port, bind, servers } = listener;
  const { shape } = context;
  const name = `${bind === '' ? '0.0.0.0' : bind}_${port}`;
  const byName = servers.some(usesServerNames);
  return {
    type: 'listener',
    name,
    origins: [...servers.flatMap(({ origins }) => origins), ...shape.telemetry.origins],
    message: {
      name,
      ...(bind === '' ? wildcardAddress(port, shape.families) : { address: socketAddress(bind, port) }),
      traffic_direction: 'OUTBOUND',
      bind_to_port: true,
      max_connections_to_accept_per_socket_event: 1,
      ...(byName ? { listener_filters: [inspector('tls', [])] } : {}),
      filter_chains: servers.flatMap((server) => chainsOf(server, `outbound_${name};`, context)),
      access_log: translateListenerLog(shape.telemetry.calls.accessLogs),
    },
  };
}

function usesServerNames(server: GatewayServerIR): boolean {
  if (server.kind === 'http') return server.sniHosts.length > 0;
  return server.routes.some(({ sniHosts }) => sniHosts.length > 0);
}

function chainsOf(server: GatewayServerIR, statPrefix: string, context: GatewayContext): Message[] {
  const { trustDomains } = context.gateway;
  const { tls, kind } = server;
  const secured =
    tls === undefined
      ? {}
      : { transport_socket: gatewayTls(tls, kind, trustDomains), transport_socket_connect_timeout: '15s' };
  if (server.kind === 'tcp') return server.routes.map((route) => tcpChain(server, route, secured, context));
  const match = server.sniHosts.length === 0 ? {} : { filter_chain_match: { server_names: server.sniHosts } };
  const prefix = server.name === '' ? statPrefix : server.name;
  return [{ ...match, filters: [gatewayHttp(server, prefix, context)], ...secured }];
}

/**
 * Requests from outside. Nobody out there is believed: the address of the client is that of its connection, and what a
 * request says of its certificate or of its workload is written anew.
 */
function gatewayHttp({ routeName }: GatewayHttpIR, statPrefix: string, context: GatewayContext): Message {
  const { gateway, shape } = context;
  return httpConnectionManager({
    statPrefix,
    routes: routeName,
    filters: [
      ...fixedExternalAuthorization(gateway.external),
      tokenSlot.filter,
      ...fixedHttpAuthorization(gateway.authorization),
      ...gatewayRateLimits,
      sendPeerFilter(shape),
      alpnFilter,
      faultFilter,
      corsFilter,
      ...lookingUp(shape),
    ],
    accessLogs: [
      ...gatewayStats(shape),
      ...translateAccessLog(shape.telemetry.calls.accessLogs),
      ...tapLogs(shape, 'calls'),
    ],
    normalization: shape.pathNormalization,
    tracing: shape.telemetry.calls.tracing,
    more: {
      use_remote_address: true,
      forward_client_cert_details: 'SANITIZE_SET',
      set_current_client_cert_details: { subject: true, cert: true, dns: true, uri: true },
    },
  });
}

function tcpChain(server: GatewayTcpIR, route: TlsRouteIR, secured: Message, context: GatewayContext): Message {
  const { gateway, shape } = context;
  const { sniHosts, subnets, destinations } = route;
  const match = {
    ...(sniHosts.length === 0 ? {} : { server_names: sniHosts }),
    ...(subnets.length === 0 ? {} : { prefix_ranges: subnets.map(cidr) }),
  };
  const statPrefix = server.name === '' ? (destinations[0]?.cluster ?? 'BlackHoleCluster') : server.name;
  return {
    ...(Object.keys(match).length === 0 ? {} : { filter_chain_match: match }),
    filters: [
      ...networkExternalAuthorization(gateway.external),
      ...networkAuthorization(gateway.authorization.map(withoutRequests)),
      ...lookedUpBy(destinations, gateway),
      outboundTcp({ statPrefix, destinations, more: translateTcpConnection(route.connection) }, shape),
    ],
    ...secured,
  };
}

/** Where the server name says the endpoint. */
function lookedUpBy(destinations: TlsRouteIR['destinations'], { clusters }: GatewayContext['gateway']): Message[] {
  const names = new Set(destinations.map(({ cluster }) => cluster));
  const found = clusters.find(({ name, discovery }) => discovery.kind === 'dynamic-dns' && names.has(name));
  return found === undefined ? [] : [resolveServerNameFilter(found.port)];
}
