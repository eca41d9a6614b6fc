import type { PermissionIR, PrincipalIR } from '../../ir/types/authorization.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';
import {
  cidrValue,
  metadataValue,
  namespaceValue,
  portValue,
  principalValues,
  requestPrincipalValue,
  serviceAccountValue,
  textValue,
  trustDomainValue,
} from './values.ts';

type Rule = NonNullable<AuthorizationPolicy['spec']['rules']>[number];
export type Condition = NonNullable<Rule['when']>[number];

export interface ValueContext {
  /** Of the policy. */
  readonly namespace: string;
  /** Ours first, then its aliases. */
  readonly trustDomains: readonly string[];
}

/** What a condition is about; `unknown` is something that stock Envoy is not asked. */
export type ConditionIR =
  | { readonly of: 'operation'; readonly part: PermissionIR }
  | { readonly of: 'source'; readonly part: PrincipalIR }
  | { readonly of: 'unknown' };

export function conditionOf({ key, values = [], notValues = [] }: Condition, context: ValueContext): ConditionIR {
  const permission = permissionOf(key);
  if (permission !== undefined) {
    const { on, read } = permission;
    return { of: 'operation', part: { on, any: values.map(read), not: notValues.map(read) } };
  }
  const principal = principalOf(key, context);
  if (principal === undefined) return { of: 'unknown' };
  const { on, read } = principal;
  return { of: 'source', part: { on, any: values.flatMap(read), not: notValues.flatMap(read) } };
}

interface PermissionReader {
  readonly on: PermissionIR['on'];
  readonly read: (value: string) => PermissionIR['any'][number];
}

function permissionOf(key: string): PermissionReader | undefined {
  switch (key) {
    case 'destination.ip':
      return { on: 'destination-ip', read: cidrValue };
    case 'destination.port':
      return { on: 'ports', read: portValue };
    case 'connection.sni':
      return { on: 'sni', read: textValue };
    default:
      return metadataOf(key);
  }
}

/** `experimental.envoy.filters.network.mysql_proxy[db.table]` */
function metadataOf(key: string): PermissionReader | undefined {
  const [, filter, name] = /^experimental\.(envoy\.filters\.[^[\]]+)\[([^[\]]+)\]$/.exec(key) ?? [];
  if (filter === undefined || name === undefined) return undefined;
  return { on: { kind: 'metadata', filter, key: name }, read: metadataValue };
}

interface PrincipalReader {
  readonly on: PrincipalIR['on'];
  readonly read: (value: string) => readonly PrincipalIR['any'][number][];
}

function principalOf(key: string, context: ValueContext): PrincipalReader | undefined {
  const identity = { kind: 'identity' } as const;
  switch (key) {
    case 'source.ip':
      return { on: { kind: 'direct-ip' }, read: (value) => [cidrValue(value)] };
    case 'remote.ip':
      return { on: { kind: 'remote-ip' }, read: (value) => [cidrValue(value)] };
    case 'source.namespace':
      return { on: identity, read: (value) => [namespaceValue(value)] };
    case 'source.principal':
      return { on: identity, read: (value) => principalValues(value, context.trustDomains) };
    case 'source.serviceAccount':
      return { on: identity, read: (value) => [serviceAccountValue(value, context.namespace)] };
    case 'source.trustDomain':
      return { on: identity, read: (value) => [trustDomainValue(value)] };
    case 'request.auth.principal':
      return { on: { kind: 'request-principal' }, read: (value) => [requestPrincipalValue(value)] };
    case 'request.auth.audiences':
      return { on: { kind: 'claim', path: ['aud'] }, read: (value) => [textValue(value)] };
    case 'request.auth.presenter':
      return { on: { kind: 'claim', path: ['azp'] }, read: (value) => [textValue(value)] };
    default:
      return namedPrincipal(key);
  }
}

/** `request.headers[x]`, `request.auth.claims[a][b]` */
function namedPrincipal(key: string): PrincipalReader | undefined {
  const names = [...key.matchAll(/\[([^[\]]+)\]/g)].map((match) => match[1] ?? '');
  const read = (value: string) => [textValue(value)];
  if (key.startsWith('request.headers[') && names[0] !== undefined)
    return { on: { kind: 'header', name: names[0].toLowerCase() }, read };
  if (key.startsWith('request.auth.claims[')) return { on: { kind: 'claim', path: names }, read };
  return undefined;
}
