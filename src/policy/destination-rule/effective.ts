import type { TrafficPolicy } from '../../schema/destination-rule/traffic-policy.ts';
import type { MergedRule } from './merge.ts';

/** The policy of one port of one subset. */
export type EffectivePolicy = Omit<TrafficPolicy, 'portLevelSettings'>;

interface PortPart {
  readonly policy: EffectivePolicy;
  /** It has settings for this very port. */
  readonly ofPort: boolean;
}

/**
 * As Istio joins them (`MergeSubsetTrafficPolicy`): settings for the port stand alone, nothing of the general policy is
 * inherited; the subset's fields then win over those of the rule, and where the subset has settings for the port, all
 * four of its fields count, those left out included.
 */
export function effectivePolicy(rule: MergedRule | undefined, subset: string, port: number): EffectivePolicy {
  const base = reduced(rule?.trafficPolicy, port);
  const own = rule?.subsets.find(({ name }) => name === subset)?.trafficPolicy;
  if (own === undefined) return base.policy;
  const over = reduced(own, port);
  if (!over.ofPort) return { ...base.policy, ...over.policy };
  const { tunnel, proxyProtocol, retryBudget } = base.policy;
  return {
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
    ...(retryBudget === undefined ? {} : { retryBudget }),
    ...over.policy,
  };
}

function reduced(policy: TrafficPolicy | undefined, port: number): PortPart {
  if (policy === undefined) return { policy: {}, ofPort: false };
  const { portLevelSettings = [], ...general } = policy;
  const found = portLevelSettings.find((setting) => setting.port.number === port);
  if (found === undefined) return { policy: general, ofPort: false };
  const { port: _, ...settings } = found;
  return { policy: settings, ofPort: true };
}
