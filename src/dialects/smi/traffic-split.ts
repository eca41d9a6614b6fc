import type { JsonObject } from '../../model/json.ts';
import { objectsAt, textAt } from '../../model/json-fields.ts';
import { fieldOf } from '../../model/origin.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { DialectRule, Tell } from '../dialect.ts';
import { fieldProblem } from '../istio-objects.ts';
import { parseWeight, wholeWeights } from '../weights.ts';
import type { World } from '../world.ts';
import { groupMatches } from './route-group.ts';

/** What a TrafficSplit says of the requests to its service. */
export interface Split {
  readonly source: SourceObject;
  readonly host: string;
  /** Destinations as a VirtualService has them. */
  readonly route: JsonObject[];
  /** Of the requests that it is for; undefined is all. */
  readonly match: JsonObject[] | undefined;
}

/**
 * The TrafficSplits by host, the oldest of each (https://github.com/servicemeshinterface/smi-spec, traffic-split). All
 * backends are Services of its own namespace.
 */
export function readSplits(world: World, tell: Tell): ReadonlyMap<string, Split> {
  const splits = new Map<string, Split>();
  for (const source of world.of('TrafficSplit')) {
    const split = readSplit(source, world, tell);
    if (split === undefined) continue;
    const older = splits.get(split.host);
    if (older === undefined) splits.set(split.host, split);
    else
      tell({
        ...{ severity: 'warning', code: 'OR2571', origin: source.origin },
        message: `it has no effect: the older TrafficSplit ${older.source.namespace}/${older.source.name} splits ${split.host}`,
      });
  }
  return splits;
}

function readSplit(source: SourceObject, world: World, tell: Tell): Split | undefined {
  const { object, namespace, origin } = source;
  const service = textAt(object, 'spec', 'service');
  if (service === '') {
    tell(fieldProblem('OR2573', origin, 'spec.service', 'the name of a Service must be given'));
    return undefined;
  }
  const host = hostIn(service, namespace, world);
  const route = readBackends(source, world, tell);
  if (route.length === 0) return undefined;
  const match = readMatches(source, world, tell);
  // Conditions that cannot be read fit nothing: all goes to the service itself, as without the split.
  return match?.length === 0 ? undefined : { source, host, route, match };
}

/** A name, or one in full as Linkerd takes it, too. */
const hostIn = (name: string, namespace: string, world: World) =>
  name.includes('.') ? name.toLowerCase() : world.hostOf(name, namespace);

function readBackends({ object, namespace, origin }: SourceObject, world: World, tell: Tell): JsonObject[] {
  const backends = objectsAt(object, 'spec', 'backends');
  const read = backends.flatMap((backend, index) => {
    const service = textAt(backend, 'service');
    const weight = parseWeight(backend['weight']);
    const field = `spec.backends[${index}]`;
    if (service === '') tell(fieldProblem('OR2573', origin, `${field}.service`, 'the name of a Service must be given'));
    if (weight === undefined)
      tell(
        fieldProblem('OR2573', origin, `${field}.weight`, 'it must be a weight that is not negative, like 90 or 900m'),
      );
    if (service === '' || weight === undefined) return [];
    const host = hostIn(service, namespace, world);
    const known = world.serviceOf(host);
    if (known !== undefined && world.lacksService(known))
      tell(
        fieldProblem(
          'OR2574',
          origin,
          `${field}.service`,
          `there is no Service ${known.namespace}/${known.name}: its share fails`,
        ),
      );
    return [{ host, weight }];
  });
  const weights = wholeWeights(read.map(({ weight }) => weight));
  if (weights.every((weight) => weight === 0)) {
    tell(fieldProblem('OR2573', origin, 'spec.backends', 'one backend must have a weight above 0'));
    return [];
  }
  return read.map(({ host }, index) => ({ destination: { host }, weight: weights[index] ?? 0 }));
}

/** Since v1alpha3; each names conditions of an HTTPRouteGroup, any of which has to fit. */
function readMatches(source: SourceObject, world: World, tell: Tell): JsonObject[] | undefined {
  const given = objectsAt(source.object, 'spec', 'matches');
  if (given.length === 0) return undefined;
  return given.flatMap((reference, index): JsonObject[] => {
    const field = `spec.matches[${index}]`;
    const [kind, name] = [textAt(reference, 'kind'), textAt(reference, 'name')];
    if (kind !== 'HTTPRouteGroup') {
      tell(
        fieldProblem(
          'OR2570',
          source.origin,
          `${field}.kind`,
          `only an HTTPRouteGroup can be named, not a ${kind || 'resource without kind'}`,
        ),
      );
      return [];
    }
    const group = world.find('HTTPRouteGroup', source.namespace, name);
    if (group !== undefined) return groupMatches(group, tell);
    tell(
      fieldProblem('OR2574', source.origin, `${field}.name`, `there is no HTTPRouteGroup ${source.namespace}/${name}`),
    );
    return [];
  });
}

/** As rules for HTTP: what a split with conditions is not for goes to the service itself. */
export function splitRules({ source, host, route, match }: Split): readonly DialectRule[] {
  const origin = fieldOf(source.origin, 'spec.backends');
  const name = `${source.namespace}.${source.name}`;
  if (match === undefined) return [{ rule: { name, route }, origin }];
  const rest = { rule: { route: [{ destination: { host } }] }, origin };
  return [{ rule: { name, match, route }, origin }, rest];
}
