import type { AuthorizationAction, AuthorizationIR, AuthorizationRuleIR } from '../../ir/types/authorization.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';
import { hasLabels } from '../client.ts';
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

/** What holds for a workload: policies of its namespace and of the root namespaces whose selector fits. */
export function authorizationFor(
  configs: readonly Config<AuthorizationPolicy>[],
  query: AuthorizationQuery,
): readonly AuthorizationIR[] {
  const found = configs.filter((config) => holdsFor(config, query));
  return order.flatMap((action) => {
    const own = found.filter((config) => actionOf(config) === action);
    if (own.length === 0) return [];
    const rulesOf = (list: readonly Config<AuthorizationPolicy>[]) =>
      list.flatMap((config) => rulesFor(config, query.trustDomains));
    return [
      { action, rules: rulesOf(own.filter(isEnforced)), shadow: rulesOf(own.filter((config) => !isEnforced(config))) },
    ];
  });
}

function holdsFor({ namespace, spec }: Config<AuthorizationPolicy>, query: AuthorizationQuery): boolean {
  if (namespace !== query.namespace && !query.rootNamespaces.includes(namespace)) return false;
  // Those with targets are for gateways of the Gateway API.
  if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return false;
  return hasLabels(query.labels, spec.selector?.matchLabels);
}

/** CUSTOM needs somebody to ask, which is not built yet: as Istio does without that provider, all it is for is denied. */
function actionOf({ spec }: Config<AuthorizationPolicy>): AuthorizationAction {
  switch (spec.action) {
    case 'DENY':
    case 'CUSTOM':
      return 'deny';
    case 'AUDIT':
      return 'audit';
    default:
      return 'allow';
  }
}

function rulesFor(
  config: Config<AuthorizationPolicy>,
  trustDomains: readonly string[],
): readonly AuthorizationRuleIR[] {
  const rules = authorizationRulesOf(config, trustDomains);
  if (config.spec.action !== 'CUSTOM') return rules;
  return rules.map((rule) => ({ ...rule, name: `${rule.name}-deny-due-to-bad-CUSTOM-action` }));
}

const isEnforced = ({ annotations }: Config<AuthorizationPolicy>) => annotations[dryRunAnnotation] !== 'true';
