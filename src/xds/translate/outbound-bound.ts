import type { OutboundPortIR, TcpRouteIR, TlsRouteIR } from '../../ir/types/outbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { BoundPortIR } from '../../ir/types/view.ts';
import type { Origin } from '../../model/origin.ts';
import type { Message, XdsResource } from '../resource.ts';
import { cidr, duration, socketAddress } from './common.ts';
import { inspector } from './listener-parts.ts';
import { outboundTcp } from './outbound-http.ts';
import { translateTcpConnection } from './tcp-connection.ts';

/** A port at an address that a Sidecar gives, as far as listeners depend on it. */
export interface BoundPlan extends Omit<BoundPortIR, 'entries'> {
  /** Some service of it may speak HTTP. */
  readonly http: boolean;
  /** What is no HTTP, in order. */
  readonly raw: readonly RawPlan[];
  readonly origin: Origin | undefined;
}

export interface RawPlan {
  readonly cluster: string;
  /** Connections with this server name are its own; undefined where the protocol has none. */
  readonly serverName: string | undefined;
  readonly tls: readonly TlsRouteIR[];
  readonly tcp: TcpRouteIR;
}

/** How this shape of configuration makes what differs between them. */
export interface BoundForms {
  readonly http: (routeName: string, statPrefix: string) => Message;
  /** Of the TCP proxy. */
  readonly more: Message;
}

export function boundPlan({ entries, ...place }: BoundPortIR): BoundPlan {
  const http = entries.some(({ virtualHost }) => virtualHost !== undefined);
  return { ...place, http, raw: entries.flatMap(rawPlan), origin: entries[0]?.service.origin };
}

function rawPlan({ service, port, protocol, tls, tcp }: OutboundPortIR): RawPlan[] {
  if (tcp === undefined) return [];
  const named = protocol === 'tls' || protocol === 'https';
  const cluster = `outbound|${port}||${service.hostname}`;
  return [{ cluster, serverName: named ? service.hostname : undefined, tls, tcp }];
}

export const looksForHttp = ({ http, raw }: BoundPlan): boolean => http && raw.length > 0;
export const looksForNames = ({ raw }: BoundPlan): boolean =>
  raw.some(({ serverName }) => serverName !== undefined) ||
  raw.some(({ tls }) => tls.some(({ sniHosts }) => sniHosts.length > 0));

const plainHttp: Message = { transport_protocol: 'raw_buffer', application_protocols: ['http/1.1', 'h2c'] };

/** Of several services without names in their connections, the first has them all: nothing tells them apart. */
export function boundChains(plan: BoundPlan, base: Message, forms: BoundForms, shape: ProxyShape): Message[] {
  const { address, port, http, raw } = plan;
  const place = `${address}_${port}`;
  const tcp = (
    name: string,
    match: Message,
    { cluster }: RawPlan,
    { destinations, connection }: TcpRouteIR,
  ): Message => ({
    name: `bound-${name}-${place}`,
    filter_chain_match: { ...base, ...match },
    filters: [
      outboundTcp(
        { statPrefix: cluster, destinations, more: { ...forms.more, ...translateTcpConnection(connection) } },
        shape,
      ),
    ],
  });
  const names = new Set<string>();
  const fresh = (name: string) => !names.has(name) && names.add(name);
  const byName = raw.flatMap((entry, index) => [
    ...entry.tls.flatMap((route, at) => {
      const hosts = route.sniHosts.filter(fresh);
      return hosts.length === 0 ? [] : [tcp(`sni-${index}-${at}`, { server_names: hosts }, entry, route)];
    }),
    ...(entry.serverName === undefined || !fresh(entry.serverName)
      ? []
      : [tcp(`sni-${index}`, { server_names: [entry.serverName] }, entry, entry.tcp)]),
  ]);
  const plain = raw.find(({ serverName }) => serverName === undefined);
  const web: Message = {
    name: `bound-http-${place}`,
    filter_chain_match: { ...base, ...(raw.length === 0 ? {} : plainHttp) },
    filters: [forms.http(String(port), `outbound_${place};`)],
  };
  return [...(http ? [web] : []), ...byName, ...(plain === undefined ? [] : [tcp('tcp', {}, plain, plain.tcp)])];
}

/** A listener of its own: a socket of the proxy, or where the listener of all that leaves the pod hands over to. */
export function boundListener(plan: BoundPlan, forms: BoundForms, shape: ProxyShape): XdsResource {
  const name = `${plan.address}_${plan.port}`;
  const filters = [
    ...(looksForNames(plan) ? [inspector('tls', [])] : []),
    ...(looksForHttp(plan) ? [inspector('http', [])] : []),
  ];
  return {
    type: 'listener',
    name,
    origins: [...(plan.origin === undefined ? [] : [plan.origin]), ...shape.telemetry.origins],
    message: {
      name,
      address: socketAddress(plan.address, plan.port),
      traffic_direction: 'OUTBOUND',
      bind_to_port: plan.listens,
      ...(plan.listens ? { max_connections_to_accept_per_socket_event: 1 } : {}),
      listener_filters: filters,
      filter_chains: boundChains(plan, {}, forms, shape),
      listener_filters_timeout: duration(shape.protocolDetectionTimeoutMs),
      continue_on_listener_filters_timeout: true,
    },
  };
}

/** The connections of a place that iptables brings. */
export function boundMatch({ address, port }: BoundPlan): Message {
  return { destination_port: port, prefix_ranges: [cidr(address)] };
}
