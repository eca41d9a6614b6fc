import type { OutboundPortIR, TcpRouteIR } from '../../ir/types/outbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { VirtualHostIR } from '../../ir/types/route.ts';
import { type OutboundView, portsOfView } from '../../ir/types/view.ts';
import { listenerProtocol } from '../../model/protocol.ts';
import { calledAt } from '../../model/service.ts';
import type { Message, XdsResource } from '../resource.ts';
import { translateListenerLog } from './access-log.ts';
import { cidr, duration, socketAddress } from './common.ts';
import { tcpProxy } from './connection-manager.ts';
import { distinctChains } from './distinct-chains.ts';
import { inspector, ofFamilies, wildcardAddress } from './listener-parts.ts';
import { boundListener, boundPlan } from './outbound-bound.ts';
import { eagerHttp, isLookedUp, lookingUpName, otherCluster, outboundTcp } from './outbound-http.ts';
import { translateTcpConnection } from './tcp-connection.ts';

/** Ports that are the proxy's own: a listener on every address would take them away. */
const reserved = new Set([15_001, 15_006, 15_021, 15_090]);
const plainHttp: Message = { transport_protocol: 'raw_buffer', application_protocols: ['http/1.1', 'h2c'] };

export interface EagerInputs {
  readonly view: OutboundView;
  readonly shape: ProxyShape;
  /** Addresses of the pods behind a headless service. */
  readonly podsOf: (serviceId: string) => readonly string[];
}

/** The listeners of a sidecar in Istio's shape: one for each port of HTTP, one for each address and port of TCP. */
export function translateEagerListeners(given: EagerInputs): readonly XdsResource[] {
  const { view } = given;
  const shape = portsOfView(view).some(isLookedUp) ? { ...given.shape, looksUpHosts: true as const } : given.shape;
  const inputs = { ...given, shape };
  const ports = [...new Set(view.ports.map(({ port }) => port))].filter((port) => !reserved.has(port));
  const bound80 = view.bound.some(({ port }) => port === 80);
  if (view.unregistered.length > 0 && !bound80 && !ports.includes(80)) ports.push(80);
  const forms = { http: (routes: string, prefix: string) => eagerHttp(routes, prefix, shape), more: {} };
  const declared = view.bound.map((port) => boundListener(boundPlan(port), forms, shape));
  const bound = view.ports.flatMap((port) => addressListeners(port, inputs));
  const any = ports.sort((a, b) => a - b).flatMap((port) => anyAddressListener(port, inputs) ?? []);
  const seen = new Set<string>();
  const unique = [...declared, ...bound, ...any].filter(({ name }) => !seen.has(name) && seen.add(name));
  return [...unique.sort((a, b) => (a.name < b.name ? -1 : 1)), virtualOutbound(view, shape)];
}

/** `<VIP>_<port>`, or one for each pod of a headless service. */
function addressListeners(entry: OutboundPortIR, inputs: EagerInputs): XdsResource[] {
  if (listenerProtocol(entry.protocol) === 'http') return [];
  const { service } = entry;
  const vips = service.resolution === 'headless' ? inputs.podsOf(service.id) : calledAt(service);
  return ofFamilies(vips, inputs.shape.families).map((address) =>
    listener(`${address}_${entry.port}`, entry, { address, inputs }),
  );
}

interface AddressContext {
  readonly address: string;
  readonly inputs: EagerInputs;
}

function listener(name: string, entry: OutboundPortIR, { address, inputs }: AddressContext): XdsResource {
  const { shape } = inputs;
  const auto = listenerProtocol(entry.protocol) === 'auto';
  const routeName = `${entry.service.hostname}:${entry.port}`;
  const http = { filter_chain_match: plainHttp, filters: [eagerHttp(routeName, `outbound_${name};`, shape)] };
  const sni = entry.tls.map((route) => sniChain(route, entry, shape));
  const usesSni = entry.tls.some(({ sniHosts }) => sniHosts.length > 0);
  return listenerResource(name, entry.service.origin, {
    address: socketAddress(address, entry.port),
    listener_filters: [...(usesSni ? [inspector('tls', [])] : []), ...(auto ? [inspector('http', [])] : [])],
    filter_chains: [...(auto ? [http] : []), ...distinctChains(sni)],
    default_filter_chain: { filters: [tcpFilter(entry.tcp, entry, shape)] },
    ...sniffing(shape),
  });
}

function sniffing(shape: ProxyShape): Message {
  return {
    listener_filters_timeout: duration(shape.protocolDetectionTimeoutMs),
    continue_on_listener_filters_timeout: true,
  };
}

function sniChain(route: OutboundPortIR['tls'][number], entry: OutboundPortIR, shape: ProxyShape): Message {
  return {
    filter_chain_match: {
      ...(route.sniHosts.length === 0 ? {} : { server_names: route.sniHosts }),
      ...(route.subnets.length === 0 ? {} : { prefix_ranges: route.subnets.map(cidr) }),
    },
    filters: [...lookingUpName(entry), tcpFilter(route, entry, shape)],
  };
}

function tcpFilter(route: TcpRouteIR | undefined, entry: OutboundPortIR, shape: ProxyShape): Message {
  const name = `outbound|${entry.port}||${entry.service.hostname}`;
  const destinations = route?.destinations ?? [{ cluster: name, weight: 1 }];
  return outboundTcp(
    {
      statPrefix: destinations.length === 1 ? (destinations[0]?.cluster ?? name) : name,
      destinations,
      more: translateTcpConnection(route?.connection),
    },
    shape,
  );
}

/** `0.0.0.0_<port>`: every HTTP service of the port, and services that have no address to tell them by. */
function anyAddressListener(port: number, inputs: EagerInputs): XdsResource | undefined {
  const { view, shape } = inputs;
  const entries = view.ports.filter((entry) => entry.port === port);
  const http =
    entries.some(({ protocol }) => listenerProtocol(protocol) === 'http') ||
    (port === 80 && view.unregistered.length > 0);
  const loose = entries.filter(isLoose);
  if (!http && loose.length === 0) return undefined;
  const name = `0.0.0.0_${port}`;
  const chains = loose.flatMap((entry) => looseChains(entry, shape));
  const open = loose.find((entry) => !isNamed(entry) && entry.service.addresses.length === 0);
  const httpChain = {
    filter_chain_match: plainHttp,
    filters: [eagerHttp(String(port), `outbound_${name};`, shape)],
  };
  const usesSni = chains.some(({ filter_chain_match: match }) => (match as Message).server_names !== undefined);
  return listenerResource(name, entries[0]?.service.origin ?? view.unregistered[0]?.origins[0], {
    ...wildcardAddress(port, shape.families),
    listener_filters: [...(usesSni ? [inspector('tls', [])] : []), ...(http ? [inspector('http', [])] : [])],
    filter_chains: [...(http ? [httpChain] : []), ...distinctChains(chains)],
    default_filter_chain:
      open === undefined
        ? { name: 'PassthroughFilterChain', filters: [throughFilter(view, shape)] }
        : { filters: [tcpFilter(open.tcp, open, shape)] },
    ...sniffing(shape),
  });
}

/** No address of its own, or whole blocks of them. */
function isLoose({ protocol, service }: OutboundPortIR): boolean {
  if (listenerProtocol(protocol) === 'http' || service.resolution === 'headless') return false;
  return service.addresses.every((address) => address.includes('/'));
}

const isNamed = ({ protocol }: OutboundPortIR) => protocol === 'tls' || protocol === 'https';

function looseChains(entry: OutboundPortIR, shape: ProxyShape): Message[] {
  const own = entry.tls.map((route) => sniChain(route, entry, shape));
  const blocks = entry.service.addresses.map(cidr);
  const taken = entry.tls.some(({ sniHosts }) => sniHosts.includes(entry.service.hostname));
  const names = isNamed(entry) && !taken ? { server_names: [entry.service.hostname] } : {};
  const ranges = blocks.length === 0 ? {} : { prefix_ranges: blocks };
  const match = { ...names, ...ranges };
  if (Object.keys(match).length === 0) return own;
  return [
    ...own,
    { filter_chain_match: match, filters: [...lookingUpName(entry), tcpFilter(entry.tcp, entry, shape)] },
  ];
}

/** What no listener is for: where it was meant to go, or nowhere. */
function throughFilter(view: OutboundView, shape: ProxyShape): Message {
  const cluster = otherCluster(view);
  return outboundTcp({ statPrefix: cluster, destinations: [{ cluster, weight: 1 }], more: {} }, shape);
}

/** Where iptables sends all that leaves the pod; hands over to the listener of the original destination. */
function virtualOutbound(view: OutboundView, shape: ProxyShape): XdsResource {
  return listenerResource('virtualOutbound', undefined, {
    ...wildcardAddress(15_001, shape.families),
    bind_to_port: true,
    use_original_dst: true,
    max_connections_to_accept_per_socket_event: 1,
    filter_chains: [
      {
        name: 'virtualOutbound-blackhole',
        filter_chain_match: { destination_port: 15_001 },
        filters: [tcpProxy({ statPrefix: 'BlackHoleCluster', destinations: [], accessLogs: [], more: {} })],
      },
      { name: 'virtualOutbound-catchall-tcp', filters: [throughFilter(view, shape)] },
    ],
    access_log: translateListenerLog(shape.telemetry.calls.accessLogs),
  });
}

function listenerResource(
  name: string,
  origin: XdsResource['origins'][number] | undefined,
  message: Message,
): XdsResource {
  return {
    type: 'listener',
    name,
    origins: origin === undefined ? [] : [origin],
    message: { name, traffic_direction: 'OUTBOUND', bind_to_port: false, ...message },
  };
}

/** The hosts of a route configuration that a listener above asks for, and whether others are let by. */
export function eagerHosts(
  view: OutboundView,
  routeName: string,
): { readonly hosts: readonly VirtualHostIR[]; readonly sniffed: boolean } | undefined {
  if (/^\d+$/.test(routeName)) {
    const hosts = portsOfView(view).flatMap(({ port, virtualHost }) =>
      String(port) === routeName && virtualHost !== undefined ? [virtualHost] : [],
    );
    return { hosts: routeName === '80' ? [...hosts, ...view.unregistered] : hosts, sniffed: false };
  }
  const entry = view.ports.find(({ service, port }) => `${service.hostname}:${port}` === routeName);
  if (entry?.virtualHost === undefined) return undefined;
  return { hosts: [{ ...entry.virtualHost, domains: ['*'] }], sniffed: true };
}
