import type { JsonObject } from '../../model/json.ts';
import { fieldAt, objectsAt, textAt } from '../../model/json-fields.ts';
import { fieldOf } from '../../model/origin.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { DialectRule, Tell } from '../dialect.ts';
import { fieldProblem } from '../istio-objects.ts';
import type { World } from '../world.ts';
import { type Filtered, filteredBy, headersOf, type Listening } from './filters.ts';
import { grpcMatchesOf, httpMatchesOf, type MatchWeight, type PathForm } from './matches.ts';
import { backendOf } from './references.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';

/** A rule for one condition, with what it is sorted by. */
export interface WeighedRule extends DialectRule {
  readonly weight: MatchWeight;
}

/** What became of the backends of a route, for its status. */
export interface RouteRules {
  readonly rules: readonly WeighedRule[];
  /** The first reference that cannot be followed. */
  readonly unresolved: { readonly reason: string; readonly message: string } | undefined;
}

interface RuleReader {
  readonly source: SourceObject;
  readonly world: World;
  readonly tell: Tell;
  readonly listening: Listening | undefined;
  unresolved: RouteRules['unresolved'];
}

/** The rules of an HTTPRoute or a GRPCRoute, one for each condition, in their own order. */
export function routeRules(
  source: SourceObject,
  world: World,
  tell: Tell,
  listening: Listening | undefined,
): RouteRules {
  const reader: RuleReader = { source, world, tell, listening, unresolved: undefined };
  const matchesOf = source.kind === 'GRPCRoute' ? grpcMatchesOf : httpMatchesOf;
  const rules = objectsAt(source.object, 'spec', 'rules').flatMap((rule, index) => {
    const field = `spec.rules[${index}]`;
    const base = baseOf(rule, field, reader);
    const name = `${source.namespace}.${source.name}.${index}`;
    return matchesOf(rule).flatMap(({ forms, weight }) =>
      forms.map((form) => {
        const made = ruleOf(rule, form, base, reader);
        const match: JsonObject = Object.keys(form.match).length === 0 ? {} : { match: [form.match] };
        return { rule: { name, ...match, ...made }, weight, origin: fieldOf(source.origin, field) };
      }),
    );
  });
  return { rules, unresolved: reader.unresolved };
}

interface Base {
  readonly route: JsonObject[];
  readonly fields: JsonObject;
  readonly field: string;
}

function ruleOf(rule: JsonObject, form: PathForm, base: Base, reader: RuleReader): JsonObject {
  const filtered = filteredBy(objectsAt(rule, 'filters'), form, reader.listening);
  if (filtered.unknown !== undefined) {
    reader.tell(
      fieldProblem(
        'OR2570',
        reader.source.origin,
        `${base.field}.filters`,
        `${filtered.unknown}: requests of the rule are answered by 500`,
      ),
    );
    return { directResponse: { status: 500 } };
  }
  if (filtered.answers) return filtered.fields;
  if (base.route.every((entry) => entry['weight'] === 0)) return { directResponse: { status: 500 } };
  const mirrors = mirrorsOf(filtered, base.field, reader);
  return { ...filtered.fields, ...base.fields, route: base.route, ...(mirrors.length === 0 ? {} : { mirrors }) };
}

/** What is the same for all conditions of a rule. */
function baseOf(rule: JsonObject, field: string, reader: RuleReader): Base {
  const { source, tell } = reader;
  for (const name of Object.keys(rule))
    if (!['name', 'matches', 'filters', 'backendRefs', 'timeouts', 'retry'].includes(name))
      tell(fieldProblem('OR2570', source.origin, `${field}.${name}`, `${name} has no effect`));
  const route = objectsAt(rule, 'backendRefs').map((reference, index) =>
    backendEntry(reference, `${field}.backendRefs[${index}]`, reader),
  );
  return { route, field, fields: { ...timeoutsOf(rule, field, reader) } };
}

function backendEntry(reference: JsonObject, field: string, reader: RuleReader): JsonObject {
  const { source, world, tell } = reader;
  const given = reference['weight'];
  const weight = typeof given === 'number' ? given : 1;
  const from = { group: gatewayGroup, kind: source.kind, namespace: source.namespace };
  const backend = backendOf(reference, from, world);
  if ('destination' in backend) {
    const headers = backendHeaders(reference, field, reader);
    return { destination: backend.destination, weight, ...(headers === undefined ? {} : { headers }) };
  }
  reader.unresolved ??= backend;
  tell(fieldProblem('OR2574', source.origin, field, backend.message));
  // Its share has to fail; a name that nothing can have is no cluster for anyone.
  return {
    destination: { host: 'unresolved.invalid', port: { number: 1 } },
    weight: onlyOne(reader, field) ? 0 : weight,
  };
}

/** A share of one that fails cannot be answered by the proxy itself; where it is all of them, it can. */
function onlyOne({ source, world }: RuleReader, field: string): boolean {
  const index = Number(/rules\[(\d+)\]/.exec(field)?.[1]);
  const rule = objectsAt(source.object, 'spec', 'rules')[index];
  const from = { group: gatewayGroup, kind: source.kind, namespace: source.namespace };
  return objectsAt(rule, 'backendRefs').every(
    (reference) => reference['weight'] === 0 || !('destination' in backendOf(reference, from, world)),
  );
}

function backendHeaders(reference: JsonObject, field: string, { source, tell }: RuleReader): JsonObject | undefined {
  const sides = objectsAt(reference, 'filters').map((filter): JsonObject => {
    const type = textAt(filter, 'type');
    if (type === 'RequestHeaderModifier') return { request: headersOf(fieldAt(filter, 'requestHeaderModifier')) };
    if (type === 'ResponseHeaderModifier') return { response: headersOf(fieldAt(filter, 'responseHeaderModifier')) };
    tell(
      fieldProblem(
        'OR2570',
        source.origin,
        `${field}.filters`,
        `${type} has no effect on a single backend: give it to the rule`,
      ),
    );
    return {};
  });
  return sides.length === 0 ? undefined : Object.assign({}, ...sides);
}

function mirrorsOf({ mirrors }: Filtered, field: string, { source, world, tell }: RuleReader): JsonObject[] {
  const from = { group: gatewayGroup, kind: source.kind, namespace: source.namespace };
  return mirrors.flatMap(({ reference, percent }): JsonObject[] => {
    const backend = backendOf(reference, from, world);
    if ('destination' in backend)
      return [
        { destination: backend.destination, ...(percent === undefined ? {} : { percentage: { value: percent } }) },
      ];
    tell(fieldProblem('OR2574', source.origin, `${field}.filters`, `nothing is mirrored: ${backend.message}`));
    return [];
  });
}

/** `request` is for all attempts, `backendRequest` for each; `retry` is of the experimental channel. */
function timeoutsOf(rule: JsonObject, field: string, { source, tell }: RuleReader): JsonObject {
  const [request, backend] = [textAt(rule, 'timeouts', 'request'), textAt(rule, 'timeouts', 'backendRequest')];
  const retry = fieldAt(rule, 'retry');
  for (const name of Object.keys((retry as JsonObject | undefined) ?? {}))
    if (!['codes', 'attempts', 'backoff'].includes(name))
      tell(fieldProblem('OR2570', source.origin, `${field}.retry.${name}`, `${name} has no effect`));
  const attempts = fieldAt(retry, 'attempts');
  const codes = fieldAt(retry, 'codes');
  const statuses = Array.isArray(codes) ? codes.filter((code) => typeof code === 'number') : [];
  const backoff = textAt(retry, 'backoff');
  const perTry: JsonObject = backend === '' || backend === '0s' ? {} : { perTryTimeout: backend };
  const wanted = retry !== undefined || 'perTryTimeout' in perTry;
  const retries: JsonObject = {
    ...{ attempts: typeof attempts === 'number' ? attempts : 2, ...perTry },
    retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', ...statuses].join(','),
    ...(backoff === '' ? {} : { backoff }),
  };
  const timeout = request === '' ? backend : request;
  return {
    ...(timeout === '' ? {} : { timeout }),
    ...(wanted ? { retries: retries['attempts'] === 0 ? { attempts: 0 } : retries } : {}),
  };
}
