import { isIP } from 'node:net';
import { placeOf } from './address.ts';
import type { Endpoint, Place, Request, UpstreamTls } from './call.ts';
import { headerOf } from './matchers.ts';
import { at, flag, list, type Message, number, text, texts, typeOf } from './message.ts';
import type { ProxyState } from './proxy.ts';

export interface Wish {
  readonly destination: Place;
  readonly request: Request | 'bytes';
  readonly alpnFormat?: string | undefined;
}

/** The servers that a cluster may choose, each with what the proxy begins with it; none is a cluster without servers. */
export function endpointsOf(cluster: Message, wish: Wish, proxy: ProxyState): readonly Endpoint[] {
  if (text(cluster, 'type') === 'ORIGINAL_DST') return [original(cluster, wish)];
  const name = text(at(cluster, 'eds_cluster_config'), 'service_name') || text(cluster, 'name');
  const load = text(cluster, 'type') === 'EDS' ? proxy.endpoints(name) : at(cluster, 'load_assignment');
  const found = bestOf(load).map((endpoint) => ({
    address: placeOf(at(endpoint, 'endpoint', 'address')),
    tls: tlsOf(socketFor(cluster, at(endpoint, 'metadata')), wish, cluster),
  }));
  const named = chosenOf(cluster, wish.request);
  const chosen = found.filter(({ address }) => address === named);
  return chosen.length > 0 ? chosen : found;
}

/** extensions.load_balancing_policies.override_host: the endpoint that a header names, if it is one. */
function chosenOf(cluster: Message, request: Wish['request']): string | undefined {
  const [policy] = list(at(cluster, 'load_balancing_policy'), 'policies');
  const config = at(policy, 'typed_extension_config', 'typed_config');
  if (typeOf(config) !== 'OverrideHost' || request === 'bytes') return undefined;
  const [source] = list(config, 'override_host_sources');
  return headerOf(request.headers, text(source, 'header'));
}

/** Where the connection was going; a cluster may put another port in place. */
function original(cluster: Message, wish: Wish): Endpoint {
  const { destination, request } = wish;
  const config = at(cluster, 'original_dst_lb_config');
  const named =
    flag(config, 'use_http_header') === true && request !== 'bytes'
      ? headerOf(request.headers, text(config, 'http_header_name') || 'x-envoy-original-dst-host')
      : undefined;
  const port = number(config, 'upstream_port_override') ?? destination.port;
  return {
    address: named ?? `${destination.address}:${port}`,
    tls: tlsOf(socketFor(cluster, undefined), wish, cluster),
  };
}

/** Of the localities of the lowest priority that has anybody: config.endpoint.v3.LocalityLbEndpoints.priority. */
function bestOf(load: Message | undefined): readonly Message[] {
  const localities = list(load, 'endpoints').map((locality) => ({
    priority: number(locality, 'priority') ?? 0,
    usable: list(locality, 'lb_endpoints').filter(isHealthy),
  }));
  const used = localities.filter(({ usable }) => usable.length > 0);
  const best = Math.min(...used.map(({ priority }) => priority));
  return used.filter(({ priority }) => priority === best).flatMap(({ usable }) => usable);
}

const isHealthy = (endpoint: Message) =>
  !['UNHEALTHY', 'DRAINING', 'TIMEOUT'].includes(text(endpoint, 'health_status'));

/**
 * config.cluster.v3.Cluster.transport_socket_matches: the first whose criteria the endpoint's metadata has, else the
 * cluster's own socket.
 */
function socketFor(cluster: Message, metadata: Message | undefined): Message | undefined {
  const labels = at(metadata, 'filter_metadata', 'envoy.transport_socket_match');
  const found = list(cluster, 'transport_socket_matches').find((candidate) =>
    Object.entries(at(candidate, 'match') ?? {}).every(([key, value]) => labels?.[key] === value),
  );
  return found === undefined ? at(cluster, 'transport_socket') : at(found, 'transport_socket');
}

const optionsKey = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

function tlsOf(socket: Message | undefined, wish: Wish, cluster: Message): UpstreamTls | undefined {
  const { request } = wish;
  const config = at(socket, 'typed_config');
  const inner = at(config, 'transport_socket');
  if (inner !== undefined) return tlsOf(inner, wish, cluster);
  if (typeOf(config) !== 'UpstreamTlsContext') return undefined;
  const options = at(cluster, 'typed_extension_protocol_options', optionsKey, 'upstream_http_protocol_options');
  // An address is no server name.
  const host = request === 'bytes' ? '' : request.authority.replace(/:\d+$/, '');
  const auto = flag(options, 'auto_sni') === true && isIP(host) === 0 ? host : '';
  const common = at(config, 'common_tls_context');
  return {
    sni: auto === '' ? text(config, 'sni') : auto,
    alpn: alpnOf(wish, cluster) ?? texts(common, 'alpn_protocols'),
    certificate:
      list(common, 'tls_certificate_sds_secret_configs').length > 0 || list(common, 'tls_certificates').length > 0,
  };
}

/**
 * `%CEL(has(xds.cluster_metadata.filter_metadata.istio.<key>) ? (request.protocol == 'HTTP/2' ? '<a>' : '<b>') : '')%`:
 * the one format there is. '' counts for nothing.
 */
const format =
  /^%CEL\(has\(xds\.cluster_metadata\.filter_metadata\.istio\.(\w+)\) \? \(request\.protocol == 'HTTP\/2' \? '([^']*)' : '([^']*)'\) : ''\)%$/;

function alpnOf({ request, alpnFormat }: Wish, cluster: Message): readonly string[] | undefined {
  if (alpnFormat === undefined || request === 'bytes') return undefined;
  const found = format.exec(alpnFormat);
  if (found === null) throw new Error(`a format of ALPN that is not known: ${alpnFormat}`);
  const [, key = '', second = '', first = ''] = found;
  if (at(cluster, 'metadata', 'filter_metadata', 'istio')?.[key] === undefined) return undefined;
  return (request.version === 'http/2' ? second : first).split(',');
}

/** The HTTP that a cluster's servers are spoken to in. */
export function upstreamVersion(cluster: Message, came: Request['version']): Request['version'] {
  const options = at(cluster, 'typed_extension_protocol_options', optionsKey);
  if (options?.['use_downstream_protocol_config'] !== undefined) return came;
  return at(options, 'explicit_http_config')?.['http2_protocol_options'] === undefined ? 'http/1.1' : 'http/2';
}
