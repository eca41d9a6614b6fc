import type { AuthorizationIR, AuthorizationRuleIR, PermissionIR, PrincipalIR } from '../../ir/types/authorization.ts';

/**
 * The same policies where no request can be seen. A rule of ALLOW that asks about requests can never hold there; DENY
 * and AUDIT go on without what cannot be seen, and so hold for more, as in Istio.
 */
export function withoutRequests(authorization: AuthorizationIR): AuthorizationIR {
  const narrow = (rules: readonly AuthorizationRuleIR[]) =>
    rules.flatMap((rule) => {
      if (authorization.action === 'allow' && asksRequests(rule)) return [];
      return [{ ...rule, operations: rule.operations.map(seenOperations), sources: rule.sources.map(seenSources) }];
    });
  const rules = narrow(authorization.rules);
  // ALLOW with no rule left still allows nothing.
  const kept =
    rules.length > 0 || authorization.action !== 'allow' ? rules : authorization.rules.slice(0, 1).map(never);
  return { ...authorization, rules: kept, shadow: narrow(authorization.shadow) };
}

function asksRequests(rule: AuthorizationRuleIR): boolean {
  return (
    rule.operations.some((parts) => parts.some(ofRequest)) || rule.sources.some((parts) => parts.some(ofRequester))
  );
}

const seenOperations = (parts: readonly PermissionIR[]) => parts.filter((part) => !ofRequest(part));
const seenSources = (parts: readonly PrincipalIR[]) => parts.filter((part) => !ofRequester(part));

function ofRequest({ on }: PermissionIR): boolean {
  return on === 'hosts' || on === 'methods' || on === 'paths';
}

function ofRequester({ on }: PrincipalIR): boolean {
  return on.kind === 'header' || on.kind === 'request-principal' || on.kind === 'claim';
}

const never = (rule: AuthorizationRuleIR): AuthorizationRuleIR => ({ ...rule, operations: [], sources: [] });
