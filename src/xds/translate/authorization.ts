import type {
  AuthorizationIR,
  AuthorizationRuleIR,
  PermissionIR,
  PermissionValueIR,
  PrincipalIR,
  PrincipalValueIR,
} from '../../ir/types/authorization.ts';
import type { StringMatch } from '../../ir/types/string-match.ts';
import type { Message } from '../resource.ts';
import { claimMatcher } from './claim-matcher.ts';
import { any, cidr } from './common.ts';
import { translateStringMatch } from './string-match.ts';

const actions = { allow: 'ALLOW', deny: 'DENY', audit: 'LOG' } as const;

/**
 * The body of envoy.filters.http.rbac and envoy.filters.network.rbac; undefined when it would do nothing. A filter of
 * ALLOW without policies lets nobody in.
 */
export function translateAuthorization({ action, rules, shadow }: AuthorizationIR): Message {
  const parts: Record<string, unknown> = {};
  if (rules.length > 0) parts.rules = { action: actions[action], policies: policiesOf(rules) };
  if (shadow.length > 0) parts.shadow_rules = { action: actions[action], policies: policiesOf(shadow) };
  if (action !== 'audit') parts.shadow_rules_stat_prefix = `istio_dry_run_${action}_`;
  return parts;
}

export function policiesOf(rules: readonly AuthorizationRuleIR[]): Message {
  return Object.fromEntries(rules.map((rule) => [rule.name, policyOf(rule)]));
}

function policyOf({ operations, sources }: AuthorizationRuleIR): Message {
  if (operations.length === 0 || sources.length === 0) {
    return { permissions: [{ not_rule: { any: true } }], principals: [{ not_id: { any: true } }] };
  }
  return {
    permissions: operations.map((parts) => allOf('rules', parts.flatMap(permissionParts))),
    principals: sources.map((parts) => allOf('ids', parts.flatMap(principalParts))),
  };
}

type Words = 'rules' | 'ids';

function allOf(word: Words, parts: readonly Message[]): Message {
  return { [`and_${word}`]: { [word]: parts.length === 0 ? [{ any: true }] : parts } };
}

function oneOf(word: Words, parts: readonly Message[]): Message {
  return { [`or_${word}`]: { [word]: parts } };
}

function permissionParts({ on, any: wanted, not }: PermissionIR): Message[] {
  const translate = (value: PermissionValueIR) => permissionOf(on, value);
  return [
    ...(wanted.length === 0 ? [] : [oneOf('rules', wanted.map(translate))]),
    ...(not.length === 0 ? [] : [{ not_rule: oneOf('rules', not.map(translate)) }]),
  ];
}

function permissionOf(on: PermissionIR['on'], value: PermissionValueIR): Message {
  if (typeof on === 'object') return { metadata: metadataMatcher(on, value) };
  switch (value.kind) {
    case 'port':
      return { destination_port: value.value };
    case 'cidr':
      return { destination_ip: cidr(value.value) };
    case 'template':
      return {
        uri_template: {
          name: 'uri-template',
          typed_config: any('extensions.path.match.uri_template.v3.UriTemplateMatchConfig', {
            path_template: value.value,
          }),
        },
      };
    case 'item':
    case 'text':
      return textPermission(on, value.match);
  }
}

function textPermission(on: PermissionIR['on'], match: StringMatch): Message {
  const matcher = translateStringMatch(match);
  if (on === 'paths') return { url_path: { path: matcher } };
  if (on === 'sni') return { requested_server_name: matcher };
  return { header: headerOf(on === 'methods' ? ':method' : ':authority', match) };
}

/** What is no text is nothing that metadata is compared with. */
function metadataMatcher(
  { filter, key }: Extract<PermissionIR['on'], { readonly kind: 'metadata' }>,
  value: PermissionValueIR,
): Message {
  const matcher = { string_match: translateStringMatch('match' in value ? value.match : { kind: 'present' }) };
  return { filter, path: [{ key }], value: value.kind === 'item' ? { list_match: { one_of: matcher } } : matcher };
}

function headerOf(name: string, match: StringMatch): Message {
  // `*` asks whether it is there at all.
  if (match.kind === 'present' || (match.kind === 'regex' && match.value === '.+'))
    return { name, present_match: true };
  return { name, string_match: translateStringMatch(match) };
}

function principalParts({ on, any: wanted, not }: PrincipalIR): Message[] {
  const translate = (value: PrincipalValueIR) => principalOf(on, value);
  return [
    ...(wanted.length === 0 ? [] : [oneOf('ids', wanted.map(translate))]),
    ...(not.length === 0 ? [] : [{ not_id: oneOf('ids', not.map(translate)) }]),
  ];
}

function principalOf(on: PrincipalIR['on'], value: PrincipalValueIR): Message {
  if (value.kind === 'cidr') {
    return { [on.kind === 'remote-ip' ? 'remote_ip' : 'direct_remote_ip']: cidr(value.value) };
  }
  if (value.kind === 'principal') {
    const parts = [claimOf(['iss'], value.issuer), claimOf(['sub'], value.subject)];
    return { and_ids: { ids: parts } };
  }
  if (on.kind === 'header') return { header: headerOf(on.name, value.match) };
  if (on.kind === 'claim') return claimOf(on.path, value.match);
  return { authenticated: { principal_name: translateStringMatch(value.match) } };
}

const claimOf = (path: readonly string[], match: StringMatch): Message => ({ metadata: claimMatcher(path, match) });
