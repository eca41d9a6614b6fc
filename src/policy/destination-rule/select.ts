import type { Config } from '../../registry/snapshot.ts';
import type { DestinationRule } from '../../schema/kinds.ts';
import { type Client, hasLabels } from '../client.ts';
import { HostIndex, hostCovers, resolveHost } from '../hosts.ts';
import { isVisible } from '../visibility.ts';
import { type MergedRule, mergeRules } from './merge.ts';

/** The rules for one host, and behind them those for each wildcard that covers it, the longest first. */
type Ranks = readonly (readonly MergedRule[])[];

/** The DestinationRules of each namespace by host, those for one host merged. Built once for a set of rules. */
export type RuleIndex = ReadonlyMap<string, HostIndex<Ranks>>;

export function indexRules(configs: readonly Config<DestinationRule>[], domainSuffix: string): RuleIndex {
  const lists = new Map<string, Map<string, Config<DestinationRule>[]>>();
  for (const config of configs) {
    const host = resolveHost(config.spec.host, config.namespace, domainSuffix);
    const hosts = lists.get(config.namespace) ?? new Map<string, Config<DestinationRule>[]>();
    lists.set(config.namespace, hosts.set(host, [...(hosts.get(host) ?? []), config]));
  }
  return new Map([...lists].map(([namespace, hosts]) => [namespace, indexHosts(hosts)]));
}

function indexHosts(hosts: ReadonlyMap<string, readonly Config<DestinationRule>[]>): HostIndex<Ranks> {
  const merged = [...hosts].map(([host, rules]) => ({ host, rules: mergeRules(rules) }));
  const wildcards = merged.filter(({ host }) => host.startsWith('*')).sort((a, b) => b.host.length - a.host.length);
  const index = new HostIndex<Ranks>();
  for (const { host, rules } of merged) {
    const wider = wildcards.filter((other) => other.host !== host && hostCovers(other.host, host));
    index.add(host, [rules, ...wider.map((other) => other.rules)]);
  }
  return index;
}

export interface RuleQuery {
  readonly host: string;
  /** Namespace of the service. */
  readonly owner: string;
  readonly client: Client;
  readonly rootNamespaces: readonly string[];
}

/**
 * The rule for a client that calls a host: from its own namespace, else the service's, else a root namespace; there the
 * exact host before wildcards, of rules that the client may see, and a rule that selects the client's pod before one that selects none.
 */
export function findRule(index: RuleIndex, query: RuleQuery): MergedRule | undefined {
  const { host, owner, client, rootNamespaces } = query;
  for (const namespace of [client.namespace, owner, ...rootNamespaces]) {
    const seen = firstSeen(index.get(namespace)?.find(host) ?? [], namespace, client);
    const selecting = seen.find((rule) => rule.selector !== undefined && selects(rule, namespace, client));
    const rule = selecting ?? seen.find(({ selector }) => selector === undefined);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

function firstSeen(ranks: Ranks, namespace: string, client: Client): readonly MergedRule[] {
  for (const rules of ranks) {
    const seen = rules.filter((rule) => isVisible(rule.exportTo, namespace, client.namespace));
    if (seen.length > 0) return seen;
  }
  return [];
}

function selects(rule: MergedRule, namespace: string, client: Client): boolean {
  return namespace === client.namespace && hasLabels(client.labels, rule.selector);
}
