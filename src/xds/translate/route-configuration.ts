import type { VirtualHostIR } from '../../ir/types/route.ts';
import type { OutboundView } from '../../ir/types/view.ts';
import { rememberedBy } from '../../model/remembered.ts';
import { shareMessage } from '../encode/shared-message.ts';
import { peerHeader } from '../filters/peer-header.ts';
import type { Message, XdsResource } from '../resource.ts';
import { lasting } from './connection-manager.ts';
import { translateVirtualHost } from './virtual-host.ts';

/** What Envoy adds to requests on its way; no word of it is for those outside. */
const added = ['x-envoy-decorator-operation', 'x-envoy-attempt-count', 'x-forwarded-proto', 'x-request-id'];

/** Hosts that are not of the mesh go where they were meant to go, with nothing of ours in them. */
function passthroughHost(name: string, domains: readonly string[]): Message {
  return {
    name,
    domains,
    request_headers_to_remove: [peerHeader, ...added],
    routes: [
      {
        name,
        match: { prefix: '/' },
        route: { cluster: 'PassthroughCluster', timeout: '0s', ...lasting },
      },
    ],
  };
}

/** Where only what is known may be called. */
export function blockedHost(name: string, domains: readonly string[]): Message {
  return { name, domains, routes: [{ name, match: { prefix: '/' }, direct_response: { status: 502 } }] };
}

/** Hosts that are not known, where a Sidecar names a proxy for them. */
function proxiedHost(name: string, domains: readonly string[], cluster: string): Message {
  return { name, domains, routes: [{ name, match: { prefix: '/' }, route: { cluster, timeout: '0s', ...lasting } }] };
}

export type Others = Pick<OutboundView, 'blocked' | 'egressProxy'>;

/** What becomes of hosts that are not known. */
export function unknownHosts(name: string, domains: readonly string[], { blocked, egressProxy }: Others): Message {
  if (blocked) return blockedHost(name, domains);
  return egressProxy === '' ? passthroughHost(name, domains) : proxiedHost(name, domains, egressProxy);
}

/** For every other host; its name is Istio's. */
export function otherHosts(others: Others): Message {
  return unknownHosts(others.blocked ? 'block_all' : 'allow_any', ['*'], others);
}

const base = {
  validate_clusters: false,
  ignore_port_in_host_matching: true,
  max_direct_response_body_size_bytes: 1_048_576,
};

/** Whenever one of a thousand hosts changes, the others are what they were. */
const sharedHost = rememberedBy((host: VirtualHostIR): Message => shareMessage(translateVirtualHost(host)));

/** A route configuration with all its hosts in it. */
export function fullRouteConfiguration(
  name: string,
  hosts: readonly VirtualHostIR[],
  others: Message | undefined,
): XdsResource {
  const known = uniqueDomains([...hosts].sort((a, b) => (a.name < b.name ? -1 : 1)));
  return {
    type: 'route',
    name,
    origins: hosts.flatMap(({ origins }) => origins),
    message: {
      name,
      ...base,
      virtual_hosts: [...known.map(sharedHost), ...(others === undefined ? [] : [others])],
    },
  };
}

/** A route configuration whose hosts come one by one, beside what becomes of those that are not known. */
export function openRouteConfiguration(name: string, others: readonly Message[]): XdsResource {
  const vhds = { config_source: { ads: {}, resource_api_version: 'V3' } };
  return { type: 'route', name, origins: [], message: { name, ...base, vhds, virtual_hosts: others } };
}

/** Envoy refuses a domain that stands twice: a full name wins over short forms of others, else the first host. */
export function uniqueDomains(hosts: readonly VirtualHostIR[]): VirtualHostIR[] {
  const full = new Set<string>();
  for (const { domains } of hosts) if (domains[0] !== undefined) full.add(domains[0]);
  const taken = new Set<string>();
  // Loops, as this is done for all hosts whenever one of them changes.
  const unique: VirtualHostIR[] = [];
  for (const host of hosts) {
    const domains: string[] = [];
    for (const domain of host.domains) {
      if (taken.has(domain) || (domain !== host.domains[0] && full.has(domain))) continue;
      taken.add(domain);
      domains.push(domain);
    }
    if (domains.length === host.domains.length) unique.push(host);
    else if (domains.length > 0) unique.push({ ...host, domains });
  }
  return unique;
}
