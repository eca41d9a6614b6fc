import type { RequestAuthenticationIR, TokenRuleIR } from '../../ir/types/request-authentication.ts';
import type { Message, XdsResource } from '../resource.ts';
import { any, given } from '../translate/common.ts';
import { extensionSlot } from '../translate/extension-slot.ts';

const type = 'extensions.filters.http.jwt_authn.v3.JwtAuthentication';

/** Looks at tokens, and leaves what they say where `request.auth.*` is looked up. */
export const tokenSlot = extensionSlot('envoy.filters.http.jwt_authn', [type]);

const noTokens = tokenSlot.content(any(type), []);

export function translateRequestAuthentication({ rules, chooseAgain }: RequestAuthenticationIR): XdsResource {
  if (rules.length === 0) return noTokens;
  const named = rules.map((rule, index) => [`origins-${index}`, providerOf(rule, chooseAgain)] as const);
  const config = any(type, {
    providers: Object.fromEntries(named),
    rules: [{ match: { prefix: '/' }, requires: requirementOf(named.map(([name]) => name)) }],
    bypass_cors_preflight: true,
  });
  return tokenSlot.content(
    config,
    rules.map(({ origin }) => origin),
  );
}

function providerOf(rule: TokenRuleIR, chooseAgain: boolean): Message {
  const listed = <T>(list: readonly T[]) => (list.length === 0 ? undefined : list);
  return given({
    issuer: rule.issuer,
    audiences: listed(rule.audiences),
    local_jwks: { inline_string: rule.keys },
    forward: rule.forward ? true : undefined,
    from_headers: listed(
      rule.headers.map(({ name, prefix }) => given({ name, value_prefix: prefix === '' ? undefined : prefix })),
    ),
    from_params: listed(rule.params),
    from_cookies: listed(rule.cookies),
    forward_payload_header: rule.payloadHeader === '' ? undefined : rule.payloadHeader,
    claim_to_headers: listed(
      rule.claimHeaders.map(({ header, claim }) => ({ header_name: header, claim_name: claim })),
    ),
    payload_in_metadata: 'payload',
    normalize_payload_in_metadata: { space_delimited_claims: rule.spaceDelimited },
    clear_route_cache: chooseAgain ? true : undefined,
  });
}

/**
 * A token of one of the issuers, or none at all: a bad one is refused, also where it stands beside a good one of another
 * place. Who has none is AuthorizationPolicy's to judge.
 */
function requirementOf(names: readonly string[]): Message {
  const [only] = names;
  const orMissing = (name: string): Message => anyOf([{ provider_name: name }, { allow_missing: {} }]);
  if (only !== undefined && names.length === 1) return orMissing(only);
  return anyOf([
    ...names.map((name) => ({ provider_name: name })),
    { requires_all: { requirements: names.map(orMissing) } },
  ]);
}

const anyOf = (requirements: readonly Message[]): Message => ({ requires_any: { requirements } });
