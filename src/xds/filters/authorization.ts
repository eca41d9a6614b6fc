import type { AuthorizationIR } from '../../ir/types/authorization.ts';
import type { Message } from '../resource.ts';
import { translateAuthorization } from '../translate/authorization.ts';
import { extension } from '../translate/common.ts';

/** One filter for each action, in the order given. */
export function httpAuthorization(policies: readonly AuthorizationIR[]): Message[] {
  return policies.map((policy) =>
    extension('envoy.filters.http.rbac', 'extensions.filters.http.rbac.v3.RBAC', translateAuthorization(policy)),
  );
}

export function networkAuthorization(policies: readonly AuthorizationIR[]): Message[] {
  return policies.map((policy) =>
    extension('envoy.filters.network.rbac', 'extensions.filters.network.rbac.v3.RBAC', {
      ...translateAuthorization(policy),
      stat_prefix: 'tcp.',
    }),
  );
}
