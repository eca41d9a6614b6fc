import type { AuthorizationAction, AuthorizationIR, AuthorizationRuleIR } from '../../ir/types/authorization.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';
import { hasLabels } from '../client.ts';
import { isAttached, isTarget } from '../targets.ts';
import { authorizationRulesOf } from './rules.ts';

export interface AuthorizationQuery {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rootNamespaces: readonly string[];
  readonly trustDomains: readonly string[];
}

/** In which order Envoy asks: whoever is denied needs no permission. */
const order: readonly AuthorizationAction[] = ['audit', 'deny', 'allow'];

const dryRunAnnotation = 'istio.io/dry-run';

/**
 * What holds for a workload: policies of its namespace and of the root namespaces whose selector fits. `refused` are
 * rules that deny beside those of DENY.
 */
export function authorizationFor(
  configs: readonly Config<AuthorizationPolicy>[],
  query: AuthorizationQuery,
  refused: readonly AuthorizationRuleIR[] = [],
): readonly AuthorizationIR[] {
  const found = configs.filter((config) => config.spec.action !== 'CUSTOM' && holdsFor(config, query));
  return order.flatMap((action) => {
    const own = found.filter((config) => actionOf(config) === action);
    const further = action === 'deny' ? refused : [];
    if (own.length + further.length === 0) return [];
    const rulesOf = (list: readonly Config<AuthorizationPolicy>[]) =>
      list.flatMap((config) => authorizationRulesOf(config, query.trustDomains));
    const [enforced, tried] = [own.filter(isEnforced), own.filter((config) => !isEnforced(config))];
    return [{ action, rules: [...rulesOf(enforced), ...further], shadow: rulesOf(tried) }];
  });
}

export function holdsFor({ namespace, spec }: Config<AuthorizationPolicy>, query: AuthorizationQuery): boolean {
  if (isAttached(spec)) return namespace === query.namespace && isTarget(spec, query.labels);
  if (namespace !== query.namespace && !query.rootNamespaces.includes(namespace)) return false;
  return hasLabels(query.labels, spec.selector?.matchLabels);
}

function actionOf({ spec }: Config<AuthorizationPolicy>): AuthorizationAction {
  if (spec.action === 'DENY') return 'deny';
  return spec.action === 'AUDIT' ? 'audit' : 'allow';
}

/** The same policies, all of them tried out. */
export function onlyLogged(configs: readonly Config<AuthorizationPolicy>[]): readonly Config<AuthorizationPolicy>[] {
  return configs.map((config) => ({ ...config, annotations: { ...config.annotations, [dryRunAnnotation]: 'true' } }));
}

export const isEnforced = ({ annotations }: Config<AuthorizationPolicy>): boolean =>
  annotations[dryRunAnnotation] !== 'true';
