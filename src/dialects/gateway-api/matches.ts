import type { JsonObject } from '../../model/json.ts';
import { objectsAt, textAt } from '../../model/json-fields.ts';

/** One condition of a route, and how narrow it is. */
export interface RouteMatch {
  /** As a VirtualService has it; a prefix stands for whole segments, which takes two. */
  readonly forms: readonly PathForm[];
  readonly weight: MatchWeight;
}

export interface PathForm {
  readonly match: JsonObject;
  /** The part of the path that ReplacePrefixMatch replaces; undefined where the condition has no prefix. */
  readonly prefix?: string;
}

/** The order in which the specification has conditions tried: larger ones first, entry by entry. */
export type MatchWeight = readonly [path: number, length: number, method: number, headers: number, query: number];

const pathRanks = { Exact: 3, RegularExpression: 2, PathPrefix: 1 } as const;

export function byWeight(left: MatchWeight, right: MatchWeight): number {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    if (value !== other) return other - value;
  }
  return 0;
}

/** https://gateway-api.sigs.k8s.io/reference/spec/ HTTPRouteMatch */
export function httpMatchesOf(rule: JsonObject): readonly RouteMatch[] {
  const given = objectsAt(rule, 'matches');
  return (given.length === 0 ? [{}] : given).map((match) => {
    const type = textAt(match, 'path', 'type') || 'PathPrefix';
    const value = textAt(match, 'path', 'value') || '/';
    const headers = valuesOf(objectsAt(match, 'headers'), true);
    const query = valuesOf(objectsAt(match, 'queryParams'), false);
    const method = textAt(match, 'method');
    const rest = {
      ...(method === '' ? {} : { method: { exact: method } }),
      ...(headers.count === 0 ? {} : { headers: headers.matches }),
      ...(query.count === 0 ? {} : { queryParams: query.matches }),
    };
    const rank = Object.hasOwn(pathRanks, type) ? pathRanks[type as keyof typeof pathRanks] : 0;
    return {
      forms: formsOf(type, value).map(({ match: path, ...form }) => ({ ...form, match: { ...path, ...rest } })),
      weight: [rank, value.length, method === '' ? 0 : 1, headers.count, query.count],
    };
  });
}

function formsOf(type: string, value: string): readonly PathForm[] {
  if (type === 'Exact') return [{ match: { uri: { exact: value } } }];
  if (type === 'RegularExpression') return [{ match: { uri: { regex: value } } }];
  if (type !== 'PathPrefix') return [];
  const prefix = value.replace(/\/+$/, '');
  if (prefix === '') return [{ match: {}, prefix: '/' }];
  return [
    { match: { uri: { exact: prefix } }, prefix },
    { match: { uri: { prefix: `${prefix}/` } }, prefix: `${prefix}/` },
  ];
}

/** Of several for one name the first counts, as the specification has it. */
function valuesOf(
  list: readonly JsonObject[],
  ignoreCase: boolean,
): { readonly matches: JsonObject; readonly count: number } {
  const matches: JsonObject = {};
  for (const entry of list) {
    const given = textAt(entry, 'name');
    const name = ignoreCase ? given.toLowerCase() : given;
    if (name === '' || Object.hasOwn(matches, name)) continue;
    const value = textAt(entry, 'value');
    matches[name] = textAt(entry, 'type') === 'RegularExpression' ? { regex: value } : { exact: value };
  }
  return { matches, count: Object.keys(matches).length };
}

/** GRPCRouteMatch: service and method are the two parts of the path. */
export function grpcMatchesOf(rule: JsonObject): readonly RouteMatch[] {
  const given = objectsAt(rule, 'matches');
  return (given.length === 0 ? [{}] : given).map((match) => {
    const [service, method] = [textAt(match, 'method', 'service'), textAt(match, 'method', 'method')];
    const isRegex = textAt(match, 'method', 'type') === 'RegularExpression';
    const headers = valuesOf(objectsAt(match, 'headers'), true);
    const uri = grpcPath(service, method, isRegex);
    const rank = uri === undefined ? 0 : isRegex ? 2 : 3;
    const wanted: JsonObject = {};
    if (uri !== undefined) wanted['uri'] = uri;
    if (headers.count > 0) wanted['headers'] = headers.matches;
    return {
      forms: [{ match: wanted }],
      weight: [rank, service.length, method.length, headers.count, 0],
    };
  });
}

function grpcPath(service: string, method: string, isRegex: boolean): JsonObject | undefined {
  if (service === '' && method === '') return undefined;
  if (!isRegex && service !== '') {
    return method === '' ? { prefix: `/${service}/` } : { exact: `/${service}/${method}` };
  }
  const part = (text: string) => (text === '' ? '[^/]+' : isRegex ? `(?:${text})` : literal(text));
  return { regex: `/${part(service)}/${part(method)}` };
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
