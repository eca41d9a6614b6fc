import type { AuthorizationAction, AuthorizationIR } from '../../ir/types/authorization.ts';
import type { Message } from '../resource.ts';
import { translateAuthorization } from '../translate/authorization.ts';
import { any, extension } from '../translate/common.ts';

const http = 'extensions.filters.http.rbac.v3.RBAC';
const nameOf = (action: AuthorizationAction) => `outrigger.rbac.${action}`;

/** Whoever is denied needs no permission. */
const order: readonly AuthorizationAction[] = ['audit', 'deny', 'allow'];

/**
 * One filter for each action. They do nothing but what the routes say: a change of policy then changes routes alone, so
 * it counts for the next request of every connection, and no connection is drained for it.
 */
export const httpAuthorization: readonly Message[] = order.map((action) => extension(nameOf(action), http));

export function authorizationOfRoutes(policies: readonly AuthorizationIR[]): Record<string, Message> {
  const perFilter = policies.map((policy): [string, Message] => [
    nameOf(policy.action),
    any('extensions.filters.http.rbac.v3.RBACPerRoute', { rbac: translateAuthorization(policy) }),
  ]);
  return Object.fromEntries(perFilter);
}

/** The same with the policies in the filters: for listeners whose routes are many. */
export function fixedHttpAuthorization(policies: readonly AuthorizationIR[]): Message[] {
  return policies.map((policy) => extension(nameOf(policy.action), http, translateAuthorization(policy)));
}

export function networkAuthorization(policies: readonly AuthorizationIR[]): Message[] {
  return policies.map((policy) =>
    extension('envoy.filters.network.rbac', 'extensions.filters.network.rbac.v3.RBAC', {
      ...translateAuthorization(policy),
      stat_prefix: 'tcp.',
    }),
  );
}
