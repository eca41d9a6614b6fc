import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { fieldAt, objectsAt, textAt } from '../../model/json-fields.ts';
import { fieldOf, type Origin } from '../../model/origin.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { DialectRule, Tell } from '../dialect.ts';
import { fieldProblem } from '../istio-objects.ts';
import { parseWeight, wholeWeights } from '../weights.ts';
import type { World } from '../world.ts';
import { conditionMatches, UnreadableCondition } from './condition.ts';
import { retryConditions } from './responses.ts';

/** What a ServiceProfile says of the requests to a host. */
export interface Profile {
  readonly source: SourceObject;
  readonly host: string;
  /** Of clients of its namespace alone, where that is not the namespace of the service. */
  readonly consumer: boolean;
  /** By `dstOverrides`; undefined where it has none. */
  readonly route: JsonObject[] | undefined;
  readonly routes: readonly ProfileRoute[];
  /** As a DestinationRule has it; undefined where nothing is tried again. */
  readonly budget: JsonObject | undefined;
}

export interface ProfileRoute {
  readonly field: string;
  /** A rule without its destinations. */
  readonly rule: JsonObject;
}

/** https://linkerd.io/2/reference/service-profiles/ */
export function readProfiles(world: World, tell: Tell): readonly Profile[] {
  return world.of('ServiceProfile').flatMap((source) => readProfile(source, world, tell) ?? []);
}

/** So many times a request is tried again at most; Linkerd has the budget alone. */
const attempts = 3;

function readProfile(source: SourceObject, world: World, tell: Tell): Profile | undefined {
  const { object, name, namespace, origin } = source;
  const service = world.serviceOf(name);
  if (service === undefined && !name.includes('.')) {
    tell(
      fieldProblem(
        'OR2573',
        origin,
        'metadata.name',
        'it must be a host name in full, like web.shop.svc.cluster.local',
      ),
    );
    return undefined;
  }
  for (const field of Object.keys(isObject(object['spec']) ? object['spec'] : {}))
    if (!['routes', 'retryBudget', 'dstOverrides', 'opaquePorts'].includes(field))
      tell(fieldProblem('OR2570', origin, `spec.${field}`, `${field} has no effect`));
  if (Array.isArray(fieldAt(object, 'spec', 'opaquePorts')))
    tell(
      fieldProblem(
        'OR2570',
        origin,
        'spec.opaquePorts',
        'opaquePorts has no effect: name the port of the Service tcp-…, or give it the annotation config.linkerd.io/opaque-ports',
      ),
    );
  const reader = { source, tell, budgets: [] as number[], retries: false };
  const routes = objectsAt(object, 'spec', 'routes').flatMap((route, index) => readRoute(route, index, reader) ?? []);
  return {
    ...{ source, host: name, routes, route: readOverrides(source, tell) },
    consumer: service !== undefined && service.namespace !== namespace,
    budget: reader.retries ? budgetOf(source, reader.budgets, tell) : undefined,
  };
}

interface RouteReader {
  readonly source: SourceObject;
  readonly tell: Tell;
  /** Shares that routes state, which is no syntax of Linkerd's. */
  readonly budgets: number[];
  retries: boolean;
}

function readRoute(route: JsonObject, index: number, reader: RouteReader): ProfileRoute | undefined {
  const field = `spec.routes[${index}]`;
  const { origin } = reader.source;
  const { tell } = reader;
  for (const name of Object.keys(route))
    if (!['name', 'condition', 'timeout', 'isRetryable', 'responseClasses', 'retries'].includes(name))
      tell(fieldProblem('OR2570', origin, `${field}.${name}`, `${name} has no effect`));
  let match: JsonObject[];
  try {
    match = conditionMatches(route['condition']);
  } catch (error) {
    if (!(error instanceof UnreadableCondition)) throw error;
    tell(fieldProblem('OR2573', origin, `${field}.condition`, `the route is left out: ${error.message}`));
    return undefined;
  }
  if (match.length === 0) return undefined;
  if (objectsAt(route, 'responseClasses').length > 0)
    tell(
      fieldProblem(
        'OR2570',
        origin,
        `${field}.responseClasses`,
        'it says what is tried again; in metrics 5xx are failures, whatever it says',
      ),
    );
  const timeout = timeoutOf(route, `${field}.timeout`, reader);
  const retries = retriesOf(route, `${field}.retries`, reader);
  const name = textAt(route, 'name');
  const rule = {
    ...(name === '' ? {} : { name }),
    match,
    ...(timeout === undefined ? {} : { timeout }),
    retries,
  };
  return { field, rule };
}

function timeoutOf(route: JsonObject, field: string, { source, tell }: RouteReader): string | undefined {
  const given = route['timeout'];
  if (given === undefined) return undefined;
  const ms = typeof given === 'string' ? parseDuration(given) : undefined;
  if (ms !== undefined && ms >= 0) return String(given);
  tell(
    fieldProblem('OR2573', source.origin, field, 'it must be a duration, like 1s or 300ms; the route is without it'),
  );
  return undefined;
}

/** Without `isRetryable` nothing is tried again, as Linkerd has it. */
function retriesOf(route: JsonObject, field: string, reader: RouteReader): JsonObject {
  const given = route['retries'];
  const share = parseWeight(fieldAt(given, 'budget'));
  if (given !== undefined) {
    const message =
      share === undefined || share > 1
        ? 'retries has no effect: give isRetryable on the route and spec.retryBudget'
        : `retries.budget is no field of Linkerd: read as a budget of ${share * 100}% for what this route tries again; write isRetryable on the route and spec.retryBudget.retryRatio`;
    reader.tell(
      fieldProblem(share === undefined || share > 1 ? 'OR2570' : 'OR2572', reader.source.origin, field, message),
    );
    if (share !== undefined && share <= 1) reader.budgets.push(share);
  }
  const retryOn = retryConditions(route);
  const wanted = fieldAt(route, 'isRetryable') === true || (share !== undefined && share > 0 && share <= 1);
  if (!wanted || retryOn === undefined) return { attempts: 0 };
  reader.retries = true;
  return { attempts, retryOn };
}

/** Linkerd's own values where none are given: a fifth, ten a second, over ten seconds. */
function budgetOf({ object, origin }: SourceObject, shares: readonly number[], tell: Tell): JsonObject {
  const given = fieldAt(object, 'spec', 'retryBudget');
  const ratio = parseWeight(fieldAt(given, 'retryRatio')) ?? (shares.length > 0 ? Math.max(...shares) : 0.2);
  const least = parseWeight(fieldAt(given, 'minRetriesPerSecond')) ?? 10;
  const ttl = textAt(given, 'ttl') || '10s';
  const ms = parseDuration(ttl);
  if (ms === undefined || ms < 1)
    tell(
      fieldProblem('OR2573', origin, 'spec.retryBudget.ttl', 'it must be a duration, like 10s, which is taken instead'),
    );
  if (new Set(shares).size > 1)
    tell(
      fieldProblem(
        'OR2572',
        origin,
        'spec.routes',
        'a service has one budget: the largest of its routes counts for all',
      ),
    );
  return {
    percent: Math.min(100, Math.round(ratio * 10_000) / 100),
    minRetryConcurrency: Math.ceil(least),
    interval: ms === undefined || ms < 1 ? '10s' : ttl,
  };
}

function readOverrides({ object, origin }: SourceObject, tell: Tell): JsonObject[] | undefined {
  const given = objectsAt(object, 'spec', 'dstOverrides');
  if (given.length === 0) return undefined;
  const read = given.flatMap((entry, index) => {
    const found = /^([^:]+?)\.?(?::(\d+))?$/.exec(textAt(entry, 'authority'));
    const weight = parseWeight(entry['weight']);
    const field = `spec.dstOverrides[${index}]`;
    if (found === null)
      tell(
        fieldProblem('OR2573', origin, `${field}.authority`, 'it must be a host name in full, with a port or without'),
      );
    if (weight === undefined)
      tell(
        fieldProblem('OR2573', origin, `${field}.weight`, 'it must be a weight that is not negative, like 1 or 500m'),
      );
    if (found === null || weight === undefined) return [];
    const [, host = '', port] = found;
    return [{ weight, destination: { host, ...(port === undefined ? {} : { port: { number: Number(port) } }) } }];
  });
  const weights = wholeWeights(read.map(({ weight }) => weight));
  if (weights.every((weight) => weight === 0)) return undefined;
  return read.map(({ destination }, index): JsonObject => ({ destination, weight: weights[index] ?? 0 }));
}

/** Where requests go that the profile itself sends nowhere else, and who says it. */
export interface Elsewhere {
  readonly route: JsonObject[];
  readonly origin: Origin;
}

/** As rules for HTTP: requests of its routes, and the others, go where the profile, or else a split, says. */
export function profileRules(
  { source, host, routes, route: overrides }: Profile,
  split: Elsewhere | undefined,
): readonly DialectRule[] {
  const route: Json = overrides ?? split?.route ?? [{ destination: { host } }];
  const own = routes.map(({ rule, field }) => ({ rule: { ...rule, route }, origin: fieldOf(source.origin, field) }));
  const rest = overrides === undefined ? split?.origin : undefined;
  return [...own, { rule: { route }, origin: rest ?? fieldOf(source.origin, 'spec') }];
}
