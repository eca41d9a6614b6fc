import type { Mutation } from '../proxy-states.ts';
import type { Message } from '../simulator/message.ts';
import { farGateway, zonedService } from './nearness.ts';

/** Faults as a translation may have them, each done to the configuration that it made. */
export const plants: Readonly<Record<string, Mutation>> = {
  'a header match is not inverted': inside('route', (part) => without(part, 'invert_match')),
  'a header match is lost': inside('route', (part) => withoutHeaders(part, (name) => name.startsWith('x-'))),
  'the method is lost': inside('route', (part) => withoutHeaders(part, (name) => name === ':method')),
  'a query match is lost': inside('route', (part) => without(part, 'query_parameters')),
  'a prefix stands for the exact path': inside('route', (part) => renamed(part, 'path', 'prefix')),
  'the exact path stands for a prefix': inside('route', (part) =>
    part['prefix'] === '/a' ? renamed(part, 'prefix', 'path') : part,
  ),
  'the case of paths is turned round': inside('route', (part) =>
    changed(part, 'case_sensitive', (value) => value !== true),
  ),
  'a regular expression matches a part': inside('route', (part) =>
    changed(part, 'regex', (value) => `${String(value)}.*`),
  ),
  'the first route is lost': inside('route', (part) =>
    changed(part, 'routes', (value) => (Array.isArray(value) && value.length > 1 ? value.slice(1) : value)),
  ),
  'weights are swapped': inside('route', (part) => changed(part, 'weighted_clusters', swapped)),
  'the rewrite of the path is lost': inside('route', (part) => without(part, 'prefix_rewrite')),
  'a header is not set': inside('route', (part) => without(part, 'request_headers_to_add')),
  'the code of a redirect is lost': inside('route', (part) => without(part, 'response_code')),
  'the query of a redirect is lost': inside('route', (part) =>
    changed(part, 'path_redirect', (value) => `${String(value)}?`),
  ),
  'faults hit nobody': inside('route', (part) => without(part, 'abort')),
  'the status of an answer is another': inside('route', (part) =>
    changed(part, 'direct_response', () => ({ status: 200 })),
  ),
  'server names are lost': inside('listener', (part) => without(part, 'server_names')),
  'the labels of a subset are lost': inside('endpoint', (part) =>
    changed(part, 'address', (value) => (typeof value === 'string' ? value.replace(/\.1$/, '.2') : value)),
  ),
  'the port of the service stands for its target': inside('endpoint', (part) =>
    changed(part, 'port_value', (value) => (value === 7000 ? 80 : value)),
  ),
  'all zones are as near as each other': inside('endpoint', (part) => without(part, 'priority')),
  'the farthest zone is the nearest': inside('endpoint', (part) =>
    part['lb_endpoints'] === undefined ? part : { ...part, priority: 9 - Number(part['priority'] ?? 0) },
  ),
  'what is in another network is called by its address': inside('endpoint', (part) =>
    changed(part, 'address', (value) => (value === farGateway.address ? `${zonedService.pods}.1` : value)),
  ),
  'the gateway of a network is called where its service is': inside('endpoint', (part) =>
    changed(part, 'port_value', (value) => (value === farGateway.port ? 80 : value)),
  ),
  'mutual TLS of clients is lost': inside('cluster', (part) => without(part, 'transport_socket_matches')),
  // Where a name is wanted, Envoy wants a certificate: the one goes with the other.
  'certificates of clients are not asked for': inside('listener', (part) =>
    without(without(part, 'require_client_certificate'), 'match_typed_subject_alt_names'),
  ),
  'the trust domain is not looked at': inside('listener', (part) => without(part, 'match_typed_subject_alt_names')),
  'the mode of one port is that of another': inside('listener', (part) =>
    changed(part, 'destination_port', (value) => (value === 9000 ? 7000 : value === 7000 ? 9000 : value)),
  ),
  'mutual TLS is taken for the app': inside('listener', (part) => without(part, 'transport_socket')),
  'DENY is ALLOW': everywhere((part) => changed(part, 'action', (value) => (value === 'DENY' ? 'ALLOW' : value))),
  'a policy is not in force': everywhere((part) => (part['policies'] === undefined ? part : { action: 'LOG' })),
  'what must not be, must be': everywhere(negated),
  'paths of a policy are lost': everywhere((part) => (part['url_path'] === undefined ? part : { any: true })),
  'anybody with a certificate counts': everywhere((part) =>
    part['authenticated'] === undefined ? part : { authenticated: {} },
  ),
};

type Change = (part: Message) => Message;

/** Done to each part of resources of a kind; virtual hosts are a part of routes. */
function inside(type: string, change: Change): Mutation {
  const types = type === 'route' ? ['route', 'virtualHost'] : [type];
  return (resource) =>
    types.includes(resource.type) ? { ...resource, message: deeply(resource.message, change) } : resource;
}

function everywhere(change: Change): Mutation {
  return (resource) => ({ ...resource, message: deeply(resource.message, change) });
}

function deeply(message: Message, change: Change): Message {
  return Object.fromEntries(Object.entries(change(message)).map(([key, value]) => [key, within(value, change)]));
}

function within(value: unknown, change: Change): unknown {
  if (Array.isArray(value)) return value.map((item) => within(item, change));
  return typeof value === 'object' && value !== null ? deeply(value as Message, change) : value;
}

const without = (part: Message, key: string): Message => {
  const { [key]: _, ...rest } = part;
  return rest;
};

const changed = (part: Message, key: string, change: (value: unknown) => unknown): Message =>
  part[key] === undefined ? part : { ...part, [key]: change(part[key]) };

const renamed = (part: Message, from: string, to: string): Message =>
  typeof part[from] === 'string' ? { ...without(part, from), [to]: part[from] } : part;

function withoutHeaders(part: Message, isLost: (name: string) => boolean): Message {
  const { headers } = part;
  if (!Array.isArray(headers)) return part;
  return { ...part, headers: headers.filter((header: Message) => !isLost(String(header['name']))) };
}

function swapped(value: unknown): unknown {
  const { clusters } = value as { readonly clusters: readonly Message[] };
  const weights = clusters.map(({ weight }) => weight).reverse();
  return { clusters: clusters.map((cluster, index) => ({ ...cluster, weight: weights[index] })) };
}

function negated(part: Message): Message {
  const inner = part['not_rule'] ?? part['not_id'];
  return typeof inner === 'object' && inner !== null ? (inner as Message) : part;
}
