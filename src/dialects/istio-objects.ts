import type { JsonObject } from '../model/json.ts';
import { objectsAt } from '../model/json-fields.ts';
import { fieldOf, type Origin, printOrigin } from '../model/origin.ts';
import { validate } from '../schema/validate.ts';
import type { SourceObject } from '../source/object-source.ts';
import { type DialectProblem, type DialectRule, type HostRules, ranks, type Tell } from './dialect.ts';

const apiVersion = 'networking.istio.io/v1';

/** Younger than all that users write, so that theirs win; among each other by rank. */
const bornAt = (rank: number) => new Date(Date.UTC(9999, 0, 1 + rank)).toISOString();

export interface MadeObject {
  readonly kind: 'VirtualService' | 'DestinationRule' | 'Gateway';
  readonly namespace: string;
  readonly name: string;
  readonly spec: JsonObject;
  readonly origin: Origin;
  readonly ruleOrigins?: readonly Origin[];
  readonly rank?: number;
}

/** An object of Istio's API that errors and proxies name by the resource it was made from. */
export function istioObject({ kind, namespace, name, spec, origin, ruleOrigins, rank = 0 }: MadeObject): SourceObject {
  const metadata = { name, namespace, creationTimestamp: bornAt(rank) };
  const object = { apiVersion, kind, metadata, spec };
  const whose = ruleOrigins === undefined ? {} : { ruleOrigins };
  return { apiVersion, kind, namespace, name, object, origin, ...whose };
}

/** The rules that can be used, each looked at by itself, so that a wrong one takes no other with it. */
export function usableRules(rules: readonly DialectRule[], tell: Tell): readonly DialectRule[] {
  const right = rules.filter(({ rule, origin }) => {
    const problem = problemOf({ hosts: ['host.example'], http: [rule] });
    if (problem !== undefined) tell({ severity: 'error', code: 'OR2573', message: `left out: ${problem}`, origin });
    return problem === undefined;
  });
  const used = reachedRules(right);
  const last = used.at(-1);
  for (const { origin } of right.slice(used.length)) {
    const message = `it is never used: ${printOrigin((last as DialectRule).origin)} takes every request`;
    tell({ severity: 'warning', code: 'OR2571', message, origin });
  }
  return used;
}

/** Up to the first that takes every request. */
export function reachedRules(rules: readonly DialectRule[]): readonly DialectRule[] {
  const last = rules.findIndex(({ rule }) => {
    const matches = objectsAt(rule, 'match');
    return matches.length === 0 || matches.some((match) => Object.keys(match).length === 0);
  });
  return last < 0 ? rules : rules.slice(0, last + 1);
}

/** What is wrong with a VirtualService of this spec. */
export function problemOf(spec: JsonObject): string | undefined {
  const object = { apiVersion, kind: 'VirtualService', metadata: { name: 'x', namespace: 'x' }, spec };
  return validate(object).problems.find(({ severity }) => severity === 'error')?.message;
}

/** The VirtualService of a host for sidecars. */
export function meshVirtualService({
  host,
  namespace,
  rank,
  rules,
  tcp,
  origins,
}: HostRules): SourceObject | undefined {
  const [origin] = origins;
  if (origin === undefined || (rules.length === 0 && tcp === undefined)) return undefined;
  const spec: JsonObject = {
    ...{ hosts: [host], gateways: ['mesh'], exportTo: [rank.startsWith('consumer') ? '.' : '*'] },
    ...(rules.length === 0 ? {} : { http: rules.map(({ rule }) => rule) }),
    ...(tcp === undefined ? {} : { tcp: [tcp] }),
  };
  return istioObject({
    ...{ kind: 'VirtualService', namespace, name: `${host}~${rank}`, spec, origin },
    ...{ ruleOrigins: rules.map((rule) => rule.origin), rank: ranks.indexOf(rank) },
  });
}

/** Something that is wrong with a field. */
export function fieldProblem(
  code: 'OR2570' | 'OR2572' | 'OR2573' | 'OR2574',
  origin: Origin,
  field: string,
  message: string,
): DialectProblem {
  const severity = code === 'OR2573' ? 'error' : 'warning';
  return { severity, code, message, origin: fieldOf(origin, field) };
}
