import type { Service } from '../../model/service.ts';
import { type HostIndex, resolveHost } from '../../policy/hosts.ts';
import type { Routing } from '../../policy/virtual-service/delegates.ts';
import type { DestinationPorts } from '../../policy/virtual-service/named-hosts.ts';
import type { OutboundPortIR } from '../types/outbound.ts';

/** Rules of which nothing but what they say of requests has changed: the old one to the new one. */
export type RuleChanges = ReadonlyMap<Routing, Routing>;

/**
 * What has changed from one list of rules to the next, where that touches no more than the hosts of these rules: none came
 * or went, and each is for the same hosts, gateways and namespaces as before, and leads to the same services. Undefined
 * where it may touch more. A wildcard stands for hosts that only a look at all services would tell.
 */
export function ruleChanges(
  before: readonly Routing[],
  after: readonly Routing[],
  namedBy: (rule: Routing) => DestinationPorts,
): RuleChanges | undefined {
  if (before.length !== after.length) return undefined;
  const changes = new Map<Routing, Routing>();
  for (const [index, old] of before.entries()) {
    const next = after[index];
    if (next === old) continue;
    if (next === undefined || !isOfSameHosts(old, next) || !sameNames(namedBy(old), namedBy(next))) return undefined;
    changes.set(old, next);
  }
  return changes;
}

function isOfSameHosts(old: Routing, next: Routing): boolean {
  const { hosts = [], gateways = [], exportTo = [] } = old.spec;
  if (old.namespace !== next.namespace || old.name !== next.name) return false;
  if (hosts.some((host) => host.startsWith('*'))) return false;
  return (
    sameTexts(hosts, next.spec.hosts ?? []) &&
    sameTexts(gateways, next.spec.gateways ?? []) &&
    sameTexts(exportTo, next.spec.exportTo ?? []) &&
    hasRules(old) === hasRules(next)
  );
}

const hasRules = ({ spec }: Routing) => [spec.http, spec.tls, spec.tcp].some((rules) => (rules ?? []).length > 0);

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}

function sameNames(left: DestinationPorts, right: DestinationPorts): boolean {
  if (left.size !== right.size) return false;
  for (const [host, ports] of left) {
    const others = right.get(host);
    if (others?.size !== ports.size || [...ports].some((port) => !others.has(port))) return false;
  }
  return true;
}

export interface RuledHosts {
  /** Services that a rule in force for them has changed. */
  readonly services: readonly Service[];
  /** Hosts of changed rules that no service has. */
  readonly others: boolean;
}

/** Whom changed rules are in force for, by the rules of each host as they were. */
export function ruledHosts(
  changes: RuleChanges,
  rules: HostIndex<Routing>,
  services: ReadonlyMap<string, Service>,
  domainSuffix: string,
): RuledHosts {
  const found = new Set<Service>();
  let others = false;
  for (const old of changes.keys()) {
    for (const host of old.spec.hosts ?? []) {
      const full = resolveHost(host, old.namespace, domainSuffix);
      const service = services.get(full);
      if (rules.exact(full) !== old) continue;
      if (service === undefined) others = true;
      else found.add(service);
    }
  }
  return { services: [...found], others };
}

/** The list with the ports of some services made anew; undefined where a service has not as many as before. */
export function withPorts(
  ports: readonly OutboundPortIR[],
  made: ReadonlyMap<Service, readonly OutboundPortIR[]>,
): readonly OutboundPortIR[] | undefined {
  const used = new Map<Service, number>();
  const next = ports.map((port) => {
    const list = made.get(port.service);
    if (list === undefined) return port;
    const at = used.get(port.service) ?? 0;
    used.set(port.service, at + 1);
    return list[at];
  });
  const whole = [...made].every(([service, list]) => (used.get(service) ?? 0) === list.length);
  return whole && next.every((port) => port !== undefined) ? next : undefined;
}
