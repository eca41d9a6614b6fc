import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { objectsAt, textAt, textsAt } from '../../model/json-fields.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { Tell } from '../dialect.ts';
import { fieldProblem } from '../istio-objects.ts';

/** The conditions of an HTTPRouteGroup as those of a VirtualService. Before v1alpha3 they stand beside the metadata. */
export function groupMatches({ object, origin }: SourceObject, tell: Tell): JsonObject[] {
  const inSpec = objectsAt(object, 'spec', 'matches');
  const [given, place] = inSpec.length > 0 ? [inSpec, 'spec.matches'] : [objectsAt(object, 'matches'), 'matches'];
  if (given.length === 0) tell(fieldProblem('OR2573', origin, 'spec.matches', 'one condition must be given'));
  return given.flatMap((match, index): JsonObject[] => {
    const methods = textsAt(match, 'methods').filter((method) => method !== '*');
    const path = textAt(match, 'pathRegex');
    const headers = headersOf(match['headers']);
    for (const name of Object.keys(match))
      if (!['name', 'methods', 'pathRegex', 'headers'].includes(name))
        tell(fieldProblem('OR2570', origin, `${place}[${index}].${name}`, `${name} is not known, and not looked at`));
    const rest = {
      ...(path === '' ? {} : { uri: { regex: path } }),
      ...(headers === undefined ? {} : { headers }),
    };
    if (methods.length === 0) return [rest];
    return methods.map((method) => ({ ...rest, method: { exact: method } }));
  });
}

/** A map, or a list of maps, of regular expressions. */
function headersOf(given: Json | undefined): JsonObject | undefined {
  const maps = Array.isArray(given) ? given.filter(isObject) : isObject(given) ? [given] : [];
  const entries = maps.flatMap((map) => Object.entries(map));
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (texts.length === 0) return undefined;
  return Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), { regex: value }]));
}
