import type { OutboundPortIR, TcpRouteIR, TlsRouteIR } from '../../ir/types/outbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import { type OutboundView, portsOfView } from '../../ir/types/view.ts';
import { listenerProtocol } from '../../model/protocol.ts';
import { calledAt, type Service } from '../../model/service.ts';
import type { Message, XdsResource } from '../resource.ts';
import { translateListenerLog } from './access-log.ts';
import { rangesAround } from './address-ranges.ts';
import { cidr, duration, extension } from './common.ts';
import { tcpProxy } from './connection-manager.ts';
import { distinctChains } from './distinct-chains.ts';
import { inspectorOn, ofFamilies, originalDestination, wildcardAddress } from './listener-parts.ts';
import {
  type BoundForms,
  type BoundPlan,
  boundChains,
  boundListener,
  boundMatch,
  boundPlan,
  looksForHttp,
  looksForNames,
} from './outbound-bound.ts';
import { isLookedUp, lookingUpName, onDemandHttp, otherCluster, outboundTcp } from './outbound-http.ts';
import { translateTcpConnection } from './tcp-connection.ts';

/** The name of a cluster that is asked for by address: `vip|10.96.0.7:9000`. */
export const addressClusterPrefix = 'vip|';

const httpProtocols = ['http/1.0', 'http/1.1', 'h2c'];
const own = 15_001;

/** The listener of all that leaves the pod, and those that a Sidecar has the proxy open beside it. */
export function translateOnDemandListeners(plan: OnDemandPlan, shape: ProxyShape): readonly XdsResource[] {
  const own = plan.bound.filter(({ listens }) => listens);
  const looking = plan.looksUpHosts ? { ...shape, looksUpHosts: true as const } : shape;
  return [capturedListener(plan, looking), ...own.map((bound) => boundListener(bound, formsOf(looking), shape))];
}

function formsOf(shape: ProxyShape): BoundForms {
  return { http: (routes, prefix) => onDemandHttp(routes, prefix, shape), more: odcds };
}

/**
 * The one listener that takes all that leaves a pod, whatever the number of services. Its chains name ports and blocks
 * of addresses; hosts and clusters behind them are asked for when they are first used. What is not the mesh's falls
 * through to where it was meant to go, without anybody being asked.
 *
 * Envoy looks at the port first and does not come back: once a chain names a port, those without a port are not seen for
 * it. So each port that is named has all of its chains here.
 */
function capturedListener(whole: OnDemandPlan, shape: ProxyShape): XdsResource {
  const plan = planOfFamilies(whole, shape);
  const name = 'virtualOutbound';
  const bound = plan.bound.filter(({ listens }) => !listens);
  return {
    type: 'listener',
    name,
    origins: shape.telemetry.origins,
    message: {
      name,
      ...wildcardAddress(own, shape.families),
      traffic_direction: 'OUTBOUND',
      max_connections_to_accept_per_socket_event: 1,
      listener_filters: [
        originalDestination,
        inspectorOn(
          'tls',
          [...plan.ports.filter(({ sni }) => sni.length > 0), ...bound.filter(looksForNames)].map(({ port }) => port),
        ),
        inspectorOn(
          'http',
          [...plan.ports.filter(({ http, sniffed }) => http || sniffed.length > 0), ...bound.filter(looksForHttp)].map(
            ({ port }) => port,
          ),
        ),
      ],
      // Undeclared servers that speak first on a sniffed port are let through after this; where nothing undeclared may
      // be called, nobody is waited for.
      listener_filters_timeout: duration(plan.blocked ? 15_000 : 300),
      continue_on_listener_filters_timeout: true,
      access_log: translateListenerLog(shape.telemetry.calls.accessLogs),
      filter_chains: distinctChains([
        {
          name: 'virtualOutbound-blackhole',
          filter_chain_match: { destination_port: own },
          filters: [tcpProxy({ statPrefix: 'BlackHoleCluster', destinations: [], accessLogs: [], more: {} })],
        },
        ...bound.flatMap((port) => boundChains(port, boundMatch(port), formsOf(shape), shape)),
        ...plan.ports.flatMap((port) => chainsOf(port, plan, shape)),
        ...byAddressChain('services', plan.services, undefined, shape),
      ]),
      default_filter_chain: throughChain(plan, shape),
    },
  };
}

function planOfFamilies(plan: OnDemandPlan, { families }: ProxyShape): OnDemandPlan {
  if (families.length === 2) return plan;
  const of = (addresses: readonly string[]) => ofFamilies(addresses, families);
  const ports = plan.ports.map((port) => ({ ...port, sniffed: of(port.sniffed), plain: of(port.plain) }));
  return { ...plan, ports, services: of(plan.services) };
}

interface PortPlan {
  readonly port: number;
  /** Some service of the port speaks HTTP for sure. */
  readonly http: boolean;
  /** Addresses of services whose protocol is found out by looking. */
  readonly sniffed: readonly string[];
  /** Addresses of services that do not speak HTTP, on a port where others do, or where rules choose by server name. */
  readonly plain: readonly string[];
  /** TCP by rules that a single cluster cannot express. */
  readonly ruled: readonly OutboundPortIR[];
  readonly sni: readonly OutboundPortIR[];
  /** There are headless services of TCP here, whose clients call pods by address. */
  readonly headless: boolean;
}

/** All that the listener depends on of what a client sees. Most changes of services and rules leave it as it is. */
export interface OnDemandPlan {
  readonly ports: readonly PortPlan[];
  /** Blocks of the services' addresses. */
  readonly services: readonly string[];
  readonly bound: readonly BoundPlan[];
  readonly blocked: boolean;
  readonly egressProxy: string;
  readonly looksUpHosts: boolean;
}

export function onDemandPlan(view: OutboundView): OnDemandPlan {
  const byPort = Map.groupBy(view.ports, ({ port }) => port);
  const open80 = view.unregistered.length > 0 && view.bound.every(({ port }) => port !== 80);
  if (open80 && !byPort.has(80)) byPort.set(80, []);
  const singles = view.ports.flatMap(({ service }) => calledAt(service));
  const blocks = view.ports.flatMap(({ service }) => service.addresses.filter((address) => address.includes('/')));
  const ports = [...byPort]
    .filter(([port]) => port !== own)
    .map(([port, entries]) => portPlan(port, entries, port === 80 && open80))
    .filter(isNamed)
    .sort((a, b) => a.port - b.port);
  const { blocked, egressProxy } = view;
  const services = [...new Set([...rangesAround(singles), ...blocks])].sort();
  const looksUpHosts = portsOfView(view).some(isLookedUp);
  return { ports, services, bound: view.bound.map(boundPlan), blocked, egressProxy, looksUpHosts };
}

function portPlan(port: number, entries: readonly OutboundPortIR[], unregistered: boolean): PortPlan {
  const kindOf = ({ protocol }: OutboundPortIR) => listenerProtocol(protocol);
  const addresses = (list: readonly OutboundPortIR[]) =>
    [...new Set(list.flatMap(({ service }) => placesOf(service)))].sort();
  const http = unregistered || entries.some((entry) => kindOf(entry) === 'http');
  const tcp = entries.filter((entry) => kindOf(entry) === 'tcp');
  return {
    port,
    http,
    sniffed: addresses(entries.filter((entry) => kindOf(entry) === 'auto')),
    plain: addresses(http ? tcp : tcp.filter(hasNames)),
    ruled: entries.filter(isRuled),
    sni: tcp.filter(isBySni),
    headless: entries.some((entry) => kindOf(entry) !== 'http' && entry.service.resolution === 'headless'),
  };
}

const placesOf = ({ addresses, allocated }: Service) => [...addresses, ...allocated];

const hasNames = ({ tls }: OutboundPortIR) => tls.some(({ sniHosts }) => sniHosts.length > 0);

/** Its addresses say nothing, so the server name must; or rules choose by it. */
function isBySni(entry: OutboundPortIR): boolean {
  const { protocol, service } = entry;
  if (hasNames(entry)) return true;
  return (protocol === 'tls' || protocol === 'https') && service.addresses.length === 0;
}

function isRuled(entry: OutboundPortIR): boolean {
  const plain = `outbound|${entry.port}||${entry.service.hostname}`;
  const [first, second] = entry.tcp?.destinations ?? [];
  if (listenerProtocol(entry.protocol) === 'http') return false;
  return (
    second !== undefined ||
    (first !== undefined && first.cluster !== plain) ||
    entry.tcp?.connection !== undefined ||
    entry.tls.some(({ sniHosts }) => sniHosts.length === 0)
  );
}

function isNamed(plan: PortPlan): boolean {
  return plan.http || plan.sniffed.length > 0 || plan.ruled.length > 0 || plan.sni.length > 0 || plan.headless;
}

function chainsOf(plan: PortPlan, { services }: OnDemandPlan, shape: ProxyShape): Message[] {
  const { port, http, sniffed, plain, headless } = plan;
  const ruled = plan.ruled.flatMap((entry) => ruledChains(entry, shape));
  const taken = new Set(plan.ruled.flatMap(({ service }) => placesOf(service)));
  const filters = [onDemandHttp(String(port), `outbound_0.0.0.0_${port};`, shape)];
  const chain = (name: string, match: Message): Message => ({
    name: `${name}-${port}`,
    filter_chain_match: { destination_port: port, ...match },
    filters,
  });
  const ranges = (list: readonly string[]) => ({ prefix_ranges: list.map(cidr) });
  return [
    ...ruled,
    ...plan.sni.flatMap((entry) => sniChains(entry, shape)),
    ...byAddressChain(
      'plain',
      plain.filter((address) => !taken.has(address)),
      port,
      shape,
    ),
    ...(sniffed.length === 0 ? [] : [chain('sniffed', { ...ranges(sniffed), application_protocols: httpProtocols })]),
    ...byAddressChain(
      'raw',
      sniffed.filter((address) => !taken.has(address)),
      port,
      shape,
    ),
    ...(http && services.length > 0 ? [chain('services', ranges(services))] : []),
    ...(http ? [] : byAddressChain('services', services, port, shape)),
    // Any other address: HTTP of pods, and of hosts outside that may have been declared.
    ...(http || headless ? [chain('http', { application_protocols: httpProtocols })] : []),
    // Without a block: Envoy keeps `0.0.0.0/0` beside "no block" in no order, and would take one of the two by chance.
    ...(headless ? [byConnection(`tcp-pods-${port}`, { destination_port: port }, shape)] : []),
  ];
}

/** TCP whose cluster is asked for by the address that was called. */
function byAddressChain(
  name: string,
  addresses: readonly string[],
  port: number | undefined,
  shape: ProxyShape,
): Message[] {
  if (addresses.length === 0) return [];
  const prefixes = { prefix_ranges: addresses.map(cidr) };
  if (port === undefined) return [byConnection(name, prefixes, shape)];
  return [byConnection(`tcp-${name}-${port}`, { destination_port: port, ...prefixes }, shape)];
}

function byConnection(name: string, match: Message, shape: ProxyShape): Message {
  return {
    name,
    filter_chain_match: match,
    filters: [
      clusterFromConnection(`${addressClusterPrefix}%DOWNSTREAM_LOCAL_ADDRESS%`),
      loadedTcp('by-address', shape),
    ],
  };
}

function clusterFromConnection(format: string): Message {
  return extension('envoy.filters.network.set_filter_state', 'extensions.filters.network.set_filter_state.v3.Config', {
    on_new_connection: [
      { object_key: 'envoy.tcp_proxy.cluster', format_string: { text_format_source: { inline_string: format } } },
    ],
  });
}

const odcds: Message = {
  on_demand: { odcds_config: { ads: {}, resource_api_version: 'V3' }, timeout: duration(1000) },
};

const passedOn = (route: TcpRouteIR | undefined): Message => ({
  ...odcds,
  ...translateTcpConnection(route?.connection),
});

/** The named cluster counts only where the filter before it found none. */
function loadedTcp(statPrefix: string, shape: ProxyShape): Message {
  return outboundTcp({ statPrefix, destinations: [{ cluster: 'BlackHoleCluster', weight: 1 }], more: odcds }, shape);
}

/**
 * Rules by server name first; what no rule names goes to the host itself. Envoy looks at addresses before names, so the
 * addresses of the service have to be named: else the chain of the block that they lie in would take the connection.
 */
function sniChains(entry: OutboundPortIR, shape: ProxyShape): Message[] {
  const { service } = entry;
  const named = entry.tls.filter(({ sniHosts }) => sniHosts.length > 0);
  const places = ofFamilies(placesOf(service), shape.families);
  const forms = [
    ...(places.length === 0 ? [] : [{ prefix_ranges: places.map(cidr) }]),
    ...(service.addresses.length === 0 ? [{}] : []),
  ];
  const chains = named.flatMap((route, index) =>
    (route.subnets.length > 0 ? [{}] : forms).map((match) =>
      routeChain(`sni-${index}`, route, entry, { shape, match }),
    ),
  );
  const taken = named.some(({ sniHosts }) => sniHosts.includes(service.hostname));
  if (taken || service.addresses.length > 0) return chains;
  const own = outboundTcp(
    { ...statsOf(entry), destinations: [{ cluster: clusterOf(entry), weight: 1 }], more: passedOn(entry.tcp) },
    shape,
  );
  return [
    ...chains,
    {
      name: `sni-${entry.service.hostname}-${entry.port}`,
      filter_chain_match: { destination_port: entry.port, server_names: [entry.service.hostname] },
      filters: [...lookingUpName(entry), own],
    },
  ];
}

const clusterOf = ({ port, service }: OutboundPortIR) => `outbound|${port}||${service.hostname}`;
const statsOf = (entry: OutboundPortIR) => ({ statPrefix: clusterOf(entry) });

interface ChainPlace {
  readonly shape: ProxyShape;
  /** Beside the port, and what the route itself asks. */
  readonly match: Message;
}

function routeChain(name: string, route: TlsRouteIR, entry: OutboundPortIR, { shape, match }: ChainPlace): Message {
  return {
    name: `${name}-${entry.service.hostname}-${entry.port}`,
    filter_chain_match: {
      destination_port: entry.port,
      ...match,
      ...(route.sniHosts.length === 0 ? {} : { server_names: route.sniHosts }),
      ...(route.subnets.length === 0 ? {} : { prefix_ranges: route.subnets.map(cidr) }),
    },
    filters: [
      ...lookingUpName(entry),
      outboundTcp({ ...statsOf(entry), destinations: route.destinations, more: passedOn(route) }, shape),
    ],
  };
}

/** Rules that share connections out, or send them elsewhere, by the service's own addresses. */
function ruledChains(entry: OutboundPortIR, shape: ProxyShape): Message[] {
  const { tls, tcp, service, port } = entry;
  const bySubnet = tls
    .filter(({ sniHosts }) => sniHosts.length === 0)
    .map((route, index) => routeChain(`subnet-${index}`, route, entry, { shape, match: {} }));
  const places = ofFamilies(placesOf(service), shape.families);
  if (tcp === undefined || places.length === 0) return bySubnet;
  const chain = {
    name: `tcp-${service.hostname}-${port}`,
    filter_chain_match: { destination_port: port, prefix_ranges: places.map(cidr) },
    filters: [outboundTcp({ ...statsOf(entry), destinations: tcp.destinations, more: passedOn(tcp) }, shape)],
  };
  return [...bySubnet, chain];
}

function throughChain(plan: OnDemandPlan, shape: ProxyShape): Message {
  const cluster = otherCluster(plan);
  const more = plan.egressProxy === '' ? {} : odcds;
  const filters = [outboundTcp({ statPrefix: cluster, destinations: [{ cluster, weight: 1 }], more }, shape)];
  return { name: 'virtualOutbound-catchall-tcp', filters };
}
