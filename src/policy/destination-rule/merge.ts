import type { Origin } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { TrafficPolicy } from '../../schema/destination-rule/traffic-policy.ts';
import type { DestinationRule } from '../../schema/kinds.ts';

type Spec = DestinationRule['spec'];
export type Subset = NonNullable<Spec['subsets']>[number];

/** The DestinationRules of one namespace for one host that are taken together. */
export interface MergedRule {
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  readonly exportTo: readonly string[];
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
  /** Oldest first. */
  readonly origins: readonly Origin[];
}

/**
 * Rules of one host in one namespace, oldest first: their subsets are put together (of two with one name the first
 * counts), the first general policy counts. Rules with other `exportTo` or selectors stay apart.
 */
export function mergeRules(configs: readonly Config<DestinationRule>[]): readonly MergedRule[] {
  const groups = new Map<string, MergedRule>();
  for (const config of configs) {
    const { spec } = config;
    const selector = spec.workloadSelector?.matchLabels;
    const key = JSON.stringify([[...(spec.exportTo ?? [])].sort(), Object.entries(selector ?? {}).sort()]);
    const before = groups.get(key);
    groups.set(key, before === undefined ? ruleOf(config, selector) : joined(before, config));
  }
  return [...groups.values()];
}

function ruleOf(config: Config<DestinationRule>, selector: MergedRule['selector']): MergedRule {
  const { spec, namespace, name } = config;
  return {
    host: spec.host,
    namespace,
    name,
    exportTo: spec.exportTo ?? [],
    selector,
    trafficPolicy: spec.trafficPolicy,
    subsets: spec.subsets ?? [],
    origins: [config.origin],
  };
}

function joined(rule: MergedRule, { spec, origin }: Config<DestinationRule>): MergedRule {
  const names = new Set(rule.subsets.map(({ name }) => name));
  return {
    ...rule,
    trafficPolicy: rule.trafficPolicy ?? spec.trafficPolicy,
    subsets: [...rule.subsets, ...(spec.subsets ?? []).filter(({ name }) => !names.has(name))],
    origins: [...rule.origins, origin],
  };
}
