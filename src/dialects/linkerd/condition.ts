import { isObject, type Json, type JsonObject } from '../../model/json.ts';

/** What a request has to be like, and what it must not be like; regular expressions are for the whole path. */
interface Conjunct {
  readonly methods: readonly string[];
  readonly paths: readonly string[];
  readonly notMethods: readonly string[];
  readonly notPaths: readonly string[];
}

/** More than a person writes; `all` of `any` multiplies. */
const most = 64;

export class UnreadableCondition extends Error {}

/**
 * A condition of a route of a ServiceProfile as conditions of a VirtualService, one of which has to fit. Throws
 * UnreadableCondition.
 */
export function conditionMatches(condition: Json | undefined): JsonObject[] {
  return normalized(condition, false).flatMap(matchOf);
}

const anything: Conjunct = { methods: [], paths: [], notMethods: [], notPaths: [] };

/** As a list of conjuncts (disjunctive normal form). */
function normalized(condition: Json | undefined, negated: boolean): readonly Conjunct[] {
  if (!isObject(condition)) throw new UnreadableCondition('a condition must be given');
  const parts = Object.entries(condition).map(([name, value]) => normalizedPart(name, value, negated));
  if (parts.length === 0) throw new UnreadableCondition('one of method, pathRegex, all, any and not must be given');
  return negated ? bounded(parts.flat()) : product(parts);
}

function normalizedPart(name: string, value: Json, negated: boolean): readonly Conjunct[] {
  if (name === 'method') return [{ ...anything, [negated ? 'notMethods' : 'methods']: [textOf(name, value)] }];
  if (name === 'pathRegex') return [{ ...anything, [negated ? 'notPaths' : 'paths']: [textOf(name, value)] }];
  if (name === 'not') return normalized(value, !negated);
  if (name !== 'all' && name !== 'any') throw new UnreadableCondition(`${name} is no part of a condition`);
  if (!Array.isArray(value) || value.length === 0)
    throw new UnreadableCondition(`${name} must be a list of conditions`);
  const inner = value.map((entry) => normalized(entry, negated));
  return (name === 'all') === negated ? bounded(inner.flat()) : product(inner);
}

function textOf(name: string, value: Json): string {
  if (typeof value !== 'string' || value === '') throw new UnreadableCondition(`${name} must be a text`);
  return value;
}

function product(lists: readonly (readonly Conjunct[])[]): readonly Conjunct[] {
  return lists.reduce(
    (left, right) => bounded(left.flatMap((one) => right.map((other) => joined(one, other)))),
    [anything],
  );
}

function bounded(list: readonly Conjunct[]): readonly Conjunct[] {
  if (list.length > most) throw new UnreadableCondition(`it stands for more than ${most} alternatives`);
  return list;
}

const joined = (left: Conjunct, right: Conjunct): Conjunct => ({
  methods: [...new Set([...left.methods, ...right.methods])],
  paths: [...new Set([...left.paths, ...right.paths])],
  notMethods: [...new Set([...left.notMethods, ...right.notMethods])],
  notPaths: [...new Set([...left.notPaths, ...right.notPaths])],
});

function matchOf({ methods, paths, notMethods, notPaths }: Conjunct): JsonObject[] {
  // Two methods at once is no request.
  if (methods.length > 1) return [];
  const [method] = methods;
  const [path, second, ...more] = paths;
  if (more.length > 0) throw new UnreadableCondition('at most two regular expressions can hold for one path');
  const without = {
    ...(notMethods.length === 0 ? {} : { ':method': { regex: alternatives(notMethods) } }),
    ...(notPaths.length === 0 ? {} : { ':path': { regex: withQuery(alternatives(notPaths)) } }),
  };
  return [
    {
      ...(path === undefined ? {} : { uri: { regex: path } }),
      ...(method === undefined ? {} : { method: { exact: method } }),
      ...(second === undefined ? {} : { headers: { ':path': { regex: withQuery(second) } } }),
      ...(Object.keys(without).length === 0 ? {} : { withoutHeaders: without }),
    },
  ];
}

const alternatives = (list: readonly string[]) => list.map((text) => `(?:${text})`).join('|');
/** The header has the query, too. */
const withQuery = (regex: string) => `(?:${regex})(?:\\?.*)?`;
