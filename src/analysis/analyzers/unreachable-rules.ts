import type { RouteMatchIR } from '../../ir/types/route.ts';
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
  const earlier = new Takers();
  for (const [index, { match }] of (spec.http ?? []).entries()) {
    const matches = match === undefined || match.length === 0 ? [{}] : match;
    const hiders = matches.map((one) => earlier.hiderOf(one));
    const [first] = hiders;
    if (first !== undefined && hiders.every((hider) => hider !== undefined)) {
      const message = `rule ${first} takes every request that would come to this one`;
      yield finding('OR3040', { origin: fieldOf(origin, `spec.http[${index}]`), message });
    }
    for (const one of matches) earlier.add(one, index);
  }
}

/** Where a match holds, apart from the request. */
function placeOf({ port, gateways, sourceLabels, sourceNamespace }: HttpMatch): string {
  return JSON.stringify([port, gateways, sourceLabels, sourceNamespace]);
}

const everywhere = placeOf({});

/** Which earlier rule takes a request for sure: of two different conditions nothing is said. */
class Takers {
  /** Numbers of rules, by place and by the whole match, or the prefix of the path where that is all. */
  readonly #same = new Map<string, number>();
  readonly #prefixes = new Map<string, number>();

  hiderOf(match: HttpMatch): number | undefined {
    const route = routeMatchOf(match);
    const key = JSON.stringify(route);
    for (const place of new Set([everywhere, placeOf(match)])) {
      const found = this.#same.get(`${place} ${key}`) ?? this.#byPrefix(place, route);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  add(match: HttpMatch, index: number): void {
    const route = routeMatchOf(match);
    const place = placeOf(match);
    set(this.#same, `${place} ${JSON.stringify(route)}`, index);
    if (isCatchAll(route)) set(this.#prefixes, `${place} `, index);
    const { path, headers, query, claims } = route;
    if (path.kind !== 'prefix' || path.ignoreCase || headers.length + query.length > 0 || claims !== undefined) return;
    set(this.#prefixes, `${place} ${path.value}`, index);
  }

  #byPrefix(place: string, { path }: RouteMatchIR): number | undefined {
    const all = this.#prefixes.get(`${place} `);
    if (all !== undefined || path.kind === 'regex' || path.ignoreCase) return all;
    for (let length = 1; length <= path.value.length; length++) {
      const found = this.#prefixes.get(`${place} ${path.value.slice(0, length)}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function set(map: Map<string, number>, key: string, index: number): void {
  if (!map.has(key)) map.set(key, index);
}
