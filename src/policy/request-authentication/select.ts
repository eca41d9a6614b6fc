import type { TokenRuleIR } from '../../ir/types/request-authentication.ts';
import { fieldOf } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { RequestAuthentication } from '../../schema/kinds.ts';
import type { JwtRule } from '../../schema/request-authentication/jwt-rule.ts';
import { hasLabels } from '../client.ts';
import { isAttached, isTarget } from '../targets.ts';
import { type KnownKeys, keysOf } from './keys.ts';

export interface TokenQuery {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rootNamespaces: readonly string[];
  readonly keys: KnownKeys;
}

/** The rules of every policy that holds for a workload, in order of the issuers, as in Istio: none hides another. */
export function tokenRulesFor(
  configs: readonly Config<RequestAuthentication>[],
  query: TokenQuery,
): readonly TokenRuleIR[] {
  const rules = configs
    .filter((config) => holdsFor(config, query))
    .flatMap((config) =>
      (config.spec.jwtRules ?? []).map((rule, index) => ({
        ...tokenRuleOf(rule, query.keys),
        origin: fieldOf(config.origin, `spec.jwtRules[${index}]`),
      })),
    );
  return rules.sort((a, b) => (a.issuer < b.issuer ? -1 : Number(a.issuer > b.issuer)));
}

function holdsFor({ namespace, spec }: Config<RequestAuthentication>, query: TokenQuery): boolean {
  if (isAttached(spec)) return namespace === query.namespace && isTarget(spec, query.labels);
  if (namespace !== query.namespace && !query.rootNamespaces.includes(namespace)) return false;
  return hasLabels(query.labels, spec.selector?.matchLabels);
}

const alwaysSpaceDelimited = ['permission', 'scope'];

function tokenRuleOf(rule: JwtRule, keys: KnownKeys): Omit<TokenRuleIR, 'origin'> {
  return {
    issuer: rule.issuer,
    audiences: rule.audiences ?? [],
    keys: keysOf(rule, keys),
    headers: (rule.fromHeaders ?? []).map(({ name, prefix = '' }) => ({ name, prefix })),
    params: rule.fromParams ?? [],
    cookies: rule.fromCookies ?? [],
    forward: rule.forwardOriginalToken ?? false,
    payloadHeader: rule.outputPayloadToHeader ?? '',
    claimHeaders: rule.outputClaimToHeaders ?? [],
    spaceDelimited: [...new Set([...alwaysSpaceDelimited, ...(rule.spaceDelimitedClaims ?? [])])],
  };
}
