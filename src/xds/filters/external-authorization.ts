import type { ExternalAuthorizationIR } from '../../ir/types/external-authorization.ts';
import type { Message, XdsResource } from '../resource.ts';
import { any, extension } from '../translate/common.ts';
import { extensionSlot } from '../translate/extension-slot.ts';
import {
  askedPrefix,
  translateAsked,
  translateConnectionCheck,
  translateHttpCheck,
} from '../translate/external-authorization.ts';
import { withoutRequests } from '../translate/tcp-authorization.ts';

const http = 'extensions.filters.http.ext_authz.v3.ExtAuthz';
const rules = 'extensions.filters.http.rbac.v3.RBAC';
const rulesName = 'outrigger.rbac.custom';

const askingSlot = extensionSlot('envoy.filters.http.ext_authz', [http, rules]);
/** The filter has no form that asks nobody: rules without any do nothing. */
const askNobody = askingSlot.content(any(rules), []);

const emptyRules = extension(rulesName, rules, { shadow_rules_stat_prefix: askedPrefix });

/** Finds out whether somebody is to be asked, by the rules of the route, and asks. */
export const externalAuthorization: readonly Message[] = [emptyRules, askingSlot.filter];

/** The same with the rules in the filter: for listeners whose routes are many. */
export function fixedExternalAuthorization(external: ExternalAuthorizationIR | undefined): readonly Message[] {
  if (external === undefined) return externalAuthorization;
  return [extension(rulesName, rules, translateAsked(external)), askingSlot.filter];
}

export function askedOfRoutes(external: ExternalAuthorizationIR | undefined): Record<string, Message> {
  if (external === undefined) return {};
  return { [rulesName]: any('extensions.filters.http.rbac.v3.RBACPerRoute', { rbac: translateAsked(external) }) };
}

/** Who is asked. */
export function translateExternalAuthorization(external: ExternalAuthorizationIR | undefined): XdsResource {
  if (external === undefined) return askNobody;
  return askingSlot.content(
    any(http, translateHttpCheck(external.authorizer)),
    external.rules.map(({ origin }) => origin),
  );
}

/** Of connections: those who speak HTTP cannot be asked about them, and as in Istio are not. */
export function networkExternalAuthorization(external: ExternalAuthorizationIR | undefined): Message[] {
  if (external === undefined || external.authorizer.kind !== 'grpc') return [];
  const seen = withoutRequests({ action: 'deny', rules: external.rules, shadow: [] }).rules;
  return [
    extension('envoy.filters.network.rbac', 'extensions.filters.network.rbac.v3.RBAC', {
      ...translateAsked({ ...external, rules: seen }),
      stat_prefix: 'tcp.',
    }),
    extension(
      'envoy.filters.network.ext_authz',
      'extensions.filters.network.ext_authz.v3.ExtAuthz',
      translateConnectionCheck(external.authorizer),
    ),
  ];
}
