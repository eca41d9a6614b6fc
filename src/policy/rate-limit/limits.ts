import type { RateKeyIR, RateLimitIR } from '../../ir/types/rate-limit.ts';
import type { StringMatch } from '../../ir/types/string-match.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { RateLimit } from '../../schema/kinds.ts';
import { stringMatchOf } from '../virtual-service/string-match.ts';

type Limit = RateLimit['spec']['limits'][number];
type Match = NonNullable<Limit['match']>;

export function limitsOf({ namespace, name, spec, origin }: Config<RateLimit>): RateLimitIR[] {
  return spec.limits.map((limit, index) => ({
    id: `${namespace}/${name}/${index}`,
    match: matchOf(limit.match ?? {}),
    per: keysOf(limit.per ?? {}),
    requests: limit.requests,
    unit: limit.unit,
    burst: limit.burst ?? limit.requests,
    origin,
  }));
}

function matchOf({ methods = [], hosts = [], path, headers = {} }: Match): RateLimitIR['match'] {
  return [
    ...(methods.length === 0 ? [] : [{ name: ':method', match: regex(methods.map(escaped).join('|')) }]),
    ...(hosts.length === 0 ? [] : [{ name: ':authority', match: hostMatch(hosts) }]),
    ...(path === undefined || Object.keys(path).length === 0 ? [] : [{ name: ':path', match: pathMatch(path) }]),
    ...Object.entries(headers)
      .map(([name, match]) => ({ name: name.toLowerCase(), match: stringMatchOf(match) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

const regex = (value: string): StringMatch => ({ kind: 'regex', value });

/** Hosts are compared without regard to case, and come with a port or without one. */
function hostMatch(hosts: readonly string[]): StringMatch {
  const each = hosts.map((host) => host.split('*').map(escaped).join('.*'));
  return regex(`(?i)(?:${each.join('|')})(?::[0-9]+)?`);
}

/** What Envoy calls the path has the query with it. */
function pathMatch(path: NonNullable<Match['path']>): StringMatch {
  const match = stringMatchOf(path);
  if (match.kind === 'exact') return regex(`${escaped(match.value)}(?:\\?.*)?`);
  return match.kind === 'regex' ? regex(`(?:${match.value})(?:\\?.*)?`) : match;
}

const escaped = (value: string) => value.replace(/[.+?^${}()|[\]\\*]/g, '\\$&');

function keysOf({ headers = [], remoteAddress = false }: NonNullable<Limit['per']>): RateKeyIR[] {
  const named = headers.map((name): RateKeyIR => ({ kind: 'header', name: name.toLowerCase() }));
  return remoteAddress ? [...named, { kind: 'address' }] : named;
}
