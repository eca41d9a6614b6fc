import type { PermissionValueIR, PrincipalValueIR } from '../../ir/types/authorization.ts';
import type { StringMatch } from '../../ir/types/string-match.ts';

/** `*` is anything that is there, `x*` begins so, `*x` ends so, all else is the whole text. */
export function stringRule(value: string): StringMatch {
  if (value === '*') return { kind: 'regex', value: '.+' };
  if (value.startsWith('*')) return { kind: 'suffix', value: value.slice(1) };
  if (value.endsWith('*')) return { kind: 'prefix', value: value.slice(0, -1) };
  return { kind: 'exact', value };
}

const text = (match: StringMatch) => ({ kind: 'text', match }) as const;

export const textValue = (value: string): PrincipalValueIR & PermissionValueIR => text(stringRule(value));

/** Hosts are compared without regard to case. */
export function hostValue(value: string): PermissionValueIR {
  const match = stringRule(value);
  return text(match.kind === 'regex' || match.kind === 'present' ? match : { ...match, ignoreCase: true });
}

/** `{*}` is one segment, `{**}` any number: Envoy writes them `*` and `**`. */
export function pathValue(value: string): PermissionValueIR {
  if (!value.includes('{')) return textValue(value);
  return { kind: 'template', value: value.replaceAll('{**}', '**').replaceAll('{*}', '*') };
}

/** `[v]` is an item of a list. */
export function metadataValue(value: string): PermissionValueIR {
  const inner = /^\[(.*)\]$/.exec(value)?.[1];
  return inner === undefined ? textValue(value) : { kind: 'item', match: stringRule(inner) };
}

export const portValue = (value: string): PermissionValueIR => ({ kind: 'port', value: Number(value) });
export const cidrValue = (value: string) => ({ kind: 'cidr', value }) as const;

/** `cluster.local/ns/default/sa/backend` as SPIFFE ID, in each trust domain that counts as ours. */
export function principalValues(value: string, trustDomains: readonly string[]): PrincipalValueIR[] {
  return inTrustDomains(value, trustDomains).map((id) => {
    if (id.startsWith('*')) return textValue(id);
    const match = stringRule(id);
    if (match.kind !== 'exact' && match.kind !== 'prefix') return text(match);
    return text({ ...match, value: `spiffe://${match.value}` });
  });
}

/**
 * A policy written for one of our trust domains holds for its aliases, too. `cluster.local` always means ours, and a
 * domain that begins with a star those of ours that end so, as in Istio.
 */
function inTrustDomains(value: string, trustDomains: readonly string[]): string[] {
  const slash = value.indexOf('/');
  const domain = slash < 0 ? value : value.slice(0, slash);
  if (slash < 0) return [value];
  const rest = value.slice(slash);
  const isMeant = (name: string) => (domain.startsWith('*') ? name.endsWith(domain.slice(1)) : name === domain);
  if (domain !== 'cluster.local' && !trustDomains.some(isMeant)) return [value];
  const others = trustDomains.filter((name) => !isMeant(name)).map((name) => `${name}${rest}`);
  return others.length === trustDomains.length ? others : [value, ...others];
}

export function namespaceValue(value: string): PrincipalValueIR {
  return text({ kind: 'regex', value: `.*/ns/${quoted(value)}/.*` });
}

/** `name` of the policy's namespace, or `namespace/name`. */
export function serviceAccountValue(value: string, namespace: string): PrincipalValueIR {
  const [first = '', second] = value.split('/');
  const [owner, account] = second === undefined ? [namespace, first] : [first, second];
  return text({ kind: 'regex', value: `spiffe://.+/ns/${escaped(owner)}/(.+/|)sa/${escaped(account)}(/.+)?` });
}

export function trustDomainValue(value: string): PrincipalValueIR {
  if (value === '*') return text({ kind: 'prefix', value: 'spiffe://' });
  if (!value.includes('*')) return text({ kind: 'prefix', value: `spiffe://${value}/` });
  return text({ kind: 'regex', value: `spiffe://${quoted(value)}/.*` });
}

/** Issuer and subject are parted at the last slash. */
export function requestPrincipalValue(value: string): PrincipalValueIR {
  if (value === '*') return { kind: 'principal', issuer: stringRule('*'), subject: stringRule('*') };
  const slash = value.lastIndexOf('/');
  const issuer = slash < 0 ? value : value.slice(0, slash);
  const subject = slash < 0 ? '' : value.slice(slash + 1);
  // A star at one end stands for the rest there: `*/sub` is any issuer, `iss*` any that begins so, with any subject.
  if (slash < 0) {
    const rule = stringRule(value);
    return value.startsWith('*')
      ? { kind: 'principal', issuer: stringRule('*'), subject: rule }
      : { kind: 'principal', issuer: rule, subject: stringRule('*') };
  }
  return { kind: 'principal', issuer: stringRule(issuer), subject: stringRule(subject) };
}

const escaped = (value: string) => value.replace(/[.+?^${}()|[\]\\*]/g, '\\$&');
const quoted = (value: string) => value.split('*').map(escaped).join('.*');
