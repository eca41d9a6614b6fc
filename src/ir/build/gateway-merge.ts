import { printOrigin } from '../../model/origin.ts';
import type { GatewayProblem } from '../types/gateway.ts';
import { type PlacedServer, problemOf } from './gateway-facts.ts';
import { serverHosts } from './gateway-hosts.ts';

/** The servers of one listener. */
export interface ServerGroup {
  readonly port: number;
  readonly bind: string;
  /** `tls` holds servers that are told apart by server names. */
  readonly speaks: 'http' | 'tcp' | 'tls';
  readonly servers: readonly PlacedServer[];
}

export interface Merged {
  /** By address and port. */
  readonly groups: readonly ServerGroup[];
  readonly problems: readonly GatewayProblem[];
}

/**
 * Puts the servers of one address and port together, as Istio does; the oldest has the say:
 *
 *   first \ next   http      tls                     tcp
 *   http           joined    refused                 refused
 *   tls            refused   joined, if no host      refused
 *                            is another's already
 *   tcp            refused   refused                 refused
 */
export function mergeServers(servers: readonly PlacedServer[]): Merged {
  const groups = new Map<string, PlacedServer[]>();
  const problems: GatewayProblem[] = [];
  for (const placed of servers) {
    const key = `${placed.bind} ${placed.port}`;
    const group = groups.get(key);
    const problem = group === undefined ? undefined : conflictOf(placed, group);
    if (problem !== undefined) problems.push(problem);
    else if (group === undefined) groups.set(key, [placed]);
    else group.push(placed);
  }
  return { groups: [...groups.values()].flatMap(groupOf).sort(byPlace), problems };
}

function groupOf(servers: readonly PlacedServer[]): ServerGroup[] {
  const [first] = servers;
  if (first === undefined) return [];
  return [{ port: first.port, bind: first.bind, speaks: speechOf(first), servers }];
}

function byPlace(left: ServerGroup, right: ServerGroup): number {
  if (left.port !== right.port) return left.port - right.port;
  return left.bind < right.bind ? -1 : 1;
}

function speechOf({ kind }: PlacedServer): ServerGroup['speaks'] {
  return kind === 'http' || kind === 'tcp' ? kind : 'tls';
}

function conflictOf(placed: PlacedServer, group: readonly PlacedServer[]): GatewayProblem | undefined {
  const [first] = group;
  if (first === undefined) return undefined;
  const speaks = speechOf(placed);
  if (speaks !== speechOf(first) || speaks === 'tcp') {
    const message = `port ${placed.port} speaks ${first.server.port.protocol} for ${printOrigin(first.origin)}`;
    return problemOf('protocol-conflict', message, placed.origin, first.origin);
  }
  return speaks === 'tls' ? sharedHost(placed, group) : undefined;
}

function sharedHost(placed: PlacedServer, group: readonly PlacedServer[]): GatewayProblem | undefined {
  const hostsOf = ({ server, config }: PlacedServer) => serverHosts(server.hosts, config).map(({ host }) => host);
  const own = new Set(hostsOf(placed));
  for (const other of group) {
    const host = hostsOf(other).find((name) => own.has(name));
    if (host === undefined) continue;
    const message = `${host} on port ${placed.port} is served by ${printOrigin(other.origin)} already`;
    return problemOf('duplicate-host', message, placed.origin, other.origin);
  }
  return undefined;
}
