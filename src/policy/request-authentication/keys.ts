import { keysOfNobody, parseKeySet, printKeySet } from '../../model/key-set.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { RequestAuthentication } from '../../schema/kinds.ts';
import type { JwtRule } from '../../schema/request-authentication/jwt-rule.ts';

/** Where keys have to be read: an address, or that of an issuer who tells it (OpenID Connect Discovery). */
export interface KeySource {
  readonly kind: 'keys' | 'issuer';
  readonly uri: string;
  /** How long one reading may take. */
  readonly timeoutMs: number;
}

/** Key sets by `keySourceId`, as text for proxies. */
export type KnownKeys = ReadonlyMap<string, string>;

/** Undefined where the keys are in the rule. */
export function keySourceOf(rule: JwtRule, timeoutMs: number): KeySource | undefined {
  const uri = rule.jwksUri ?? rule.jwks_uri;
  if (rule.jwks !== undefined) return undefined;
  return uri === undefined ? { kind: 'issuer', uri: rule.issuer, timeoutMs } : { kind: 'keys', uri, timeoutMs };
}

export const keySourceId = ({ kind, uri }: Pick<KeySource, 'kind' | 'uri'>): string => `${kind} ${uri}`;

/** Until there are keys, those of nobody: then each token of the issuer is refused. */
export function keysOf(rule: JwtRule, known: KnownKeys): string {
  if (rule.jwks === undefined) {
    const source = keySourceOf(rule, 0);
    return (source === undefined ? undefined : known.get(keySourceId(source))) ?? keysOfNobody;
  }
  const { keys } = parseKeySet(rule.jwks);
  return keys.length === 0 ? keysOfNobody : printKeySet({ keys });
}

/** What has to be read for all policies, each source once, with the longest time that a rule gives it. */
export function keySourcesOf(
  configs: readonly Config<RequestAuthentication>[],
  timeoutOf: (rule: JwtRule) => number,
): ReadonlyMap<string, KeySource> {
  const found = new Map<string, KeySource>();
  for (const rule of configs.flatMap(({ spec }) => spec.jwtRules ?? [])) {
    const source = keySourceOf(rule, timeoutOf(rule));
    if (source === undefined) continue;
    const id = keySourceId(source);
    const before = found.get(id)?.timeoutMs ?? 0;
    found.set(id, before > source.timeoutMs ? { ...source, timeoutMs: before } : source);
  }
  return found;
}
