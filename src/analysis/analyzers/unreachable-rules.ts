import { isDeepStrictEqual } from 'node:util';
import { fieldOf } from '../../model/origin.ts';
import { isCatchAll, routeMatchOf } from '../../policy/virtual-service/match.ts';
import type { HttpMatch } from '../../schema/virtual-service/http-match.ts';
import { type ConfigOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';

type VirtualService = ConfigOf<'VirtualService'>;

/** Rules behind one that takes their requests: all of them, or those of the same conditions. */
export const unreachableRules: Analyzer = {
  name: 'virtual-service.unreachable-rules',
  description: 'Rules of VirtualServices that no request comes to',
  codes: ['OR3040'],
  atAdmission: true,
  *analyze(input) {
    for (const config of subjects(input, 'VirtualService')) yield* unreachable(config);
  },
};

function* unreachable({ spec, origin }: VirtualService): Generator<Finding> {
  const rules = (spec.http ?? []).map(({ match }) => (match === undefined || match.length === 0 ? [{}] : match));
  for (const [index, matches] of rules.entries()) {
    const earlier = rules.slice(0, index).flatMap((list, place) => list.map((match) => ({ match, place })));
    const hiders = matches.map((match) => earlier.find((other) => hides(other.match, match)));
    const [first] = hiders;
    if (first === undefined || hiders.some((hider) => hider === undefined)) continue;
    const message = `rule ${first.place} takes every request that would come to this one`;
    yield finding('OR3040', { origin: fieldOf(origin, `spec.http[${index}]`), message });
  }
}

const placeFields = ['port', 'gateways', 'sourceLabels', 'sourceNamespace'] as const;

/** For sure: of two different conditions on the request nothing is said. */
function hides(earlier: HttpMatch, later: HttpMatch): boolean {
  const isEverywhere = placeFields.every((field) => earlier[field] === undefined);
  const isSamePlace = placeFields.every((field) => isDeepStrictEqual(earlier[field], later[field]));
  if (!isEverywhere && !isSamePlace) return false;
  const [wide, narrow] = [routeMatchOf(earlier), routeMatchOf(later)];
  if (isCatchAll(wide) || isDeepStrictEqual(wide, narrow)) return true;
  const isOnlyPath = wide.headers.length + wide.query.length === 0 && wide.claims === undefined;
  if (!isOnlyPath || wide.path.kind !== 'prefix' || wide.path.ignoreCase) return false;
  return narrow.path.kind !== 'regex' && !narrow.path.ignoreCase && narrow.path.value.startsWith(wide.path.value);
}
