import type { TSchema } from 'typebox';
import { isObject, type JsonObject } from '../model/json.ts';
import { nearest } from '../model/nearest.ts';
import type { Choice } from './build.ts';
import { type Check, type Finding, listWords, type Problem, printPath, printValue, type Segment } from './problem.ts';

/** The keywords that a schema of this folder may have, as a reader of any schema sees them. */
export interface Keywords {
  readonly type?: 'string' | 'boolean' | 'integer' | 'number' | 'array' | 'object';
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly choices?: readonly Choice[];
  readonly open?: boolean;
  readonly hasPresence?: boolean;
  readonly check?: Check<unknown>;
}

export const keywordsOf = (schema: TSchema): Keywords => schema as Keywords;

/** The schema of the values of a map. */
export const valuesOf = (keywords: Keywords): TSchema | undefined =>
  Object.values(keywords.patternProperties ?? {}).at(0);

const mostProblems = 100;

export interface Walk {
  readonly problems: Problem[];
}

/** Marks a value that has not the form of its schema: what holds it is not checked as a whole. */
const bad = Symbol('bad');
type Visited = unknown | typeof bad;

/**
 * Compares a value with its schema, from the leaves up. Returns a copy without what is not set (`isSet`) and without
 * unknown fields; undefined when it has not the right form.
 */
export function walk(schema: TSchema, value: unknown, path: readonly Segment[], state: Walk): unknown {
  const visited = visit(schema, value, [...path], state);
  return visited === bad ? undefined : visited;
}

function visit(schema: TSchema, value: unknown, path: Segment[], state: Walk): Visited {
  if (state.problems.length >= mostProblems) return bad;
  const keywords = keywordsOf(schema);
  const visited = visitForm(keywords, value, path, state);
  if (visited === bad || keywords.check === undefined) return visited;
  return runCheck(keywords, visited, path, state) ? visited : bad;
}

/** A failed check of a leaf makes it unusable for the checks above; that of a list, map or message does not. */
function runCheck(keywords: Keywords, value: unknown, path: readonly Segment[], state: Walk): boolean {
  let sound = true;
  keywords.check?.(value, (finding) => {
    if (finding.severity !== 'warning' && typeof value !== 'object') sound = false;
    add(state, path, value, finding);
  });
  return sound;
}

function visitForm(keywords: Keywords, value: unknown, path: Segment[], state: Walk): Visited {
  if (keywords.enum !== undefined) return visitEnum(keywords.enum, value, path, state);
  switch (keywords.type) {
    case 'string':
    case 'boolean':
      return typeof value === keywords.type ? value : wrongType(keywords, value, path, state);
    case 'integer':
    case 'number':
      return visitNumber(keywords, value, path, state);
    case 'array':
      return visitList(keywords, value, path, state);
    case 'object':
      if (!isObject(value)) return wrongType(keywords, value, path, state);
      return keywords.properties === undefined
        ? visitMap(keywords, value, path, state)
        : visitMessage(keywords, value, path, state);
    case undefined:
      return value;
  }
}

function visitEnum(values: readonly string[], value: unknown, path: Segment[], state: Walk): Visited {
  if (typeof value === 'string' && values.includes(value)) return value;
  const near = typeof value === 'string' ? nearest(value, values) : undefined;
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const message = `${printValue(value)} must be ${listWords(values)}${hint}`;
  return add(state, path, value, { code: 'OR1644', message });
}

function visitNumber(keywords: Keywords, value: unknown, path: Segment[], state: Walk): Visited {
  const fits = keywords.type === 'integer' ? Number.isInteger(value) : Number.isFinite(value);
  if (typeof value !== 'number' || !fits) return wrongType(keywords, value, path, state);
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = keywords;
  if (value >= minimum && value <= maximum) return value;
  const limits = [
    ...(Number.isFinite(minimum) ? [`at least ${minimum}`] : []),
    ...(Number.isFinite(maximum) ? [`at most ${maximum}`] : []),
  ];
  return add(state, path, value, { code: 'OR1646', message: `${value} must be ${limits.join(' and ')}` });
}

function visitList(keywords: Keywords, value: unknown, path: Segment[], state: Walk): Visited {
  if (!Array.isArray(value)) return wrongType(keywords, value, path, state);
  const { items } = keywords;
  if (items === undefined) return value;
  const copy: unknown[] = [];
  let sound = true;
  for (const [index, item] of value.entries()) {
    path.push(index);
    const visited = visit(items, item, path, state);
    path.pop();
    if (visited === bad) sound = false;
    else copy.push(visited);
    if (state.problems.length >= mostProblems) return bad;
  }
  return sound ? copy : bad;
}

function visitMap(keywords: Keywords, value: JsonObject, path: Segment[], state: Walk): Visited {
  const values = valuesOf(keywords);
  if (values === undefined) return value;
  const copy: [string, unknown][] = [];
  let sound = true;
  for (const key of Object.keys(value)) {
    path.push(key);
    const visited = visit(values, value[key], path, state);
    path.pop();
    if (visited === bad) sound = false;
    else copy.push([key, visited]);
  }
  return sound ? Object.fromEntries(copy) : bad;
}

function visitMessage(keywords: Keywords, value: JsonObject, path: Segment[], state: Walk): Visited {
  const fields = keywords.properties ?? {};
  const copy: Record<string, unknown> = {};
  let sound = true;
  for (const [name, field] of Object.entries(fields)) {
    if (!isSet(keywords, name, value)) continue;
    path.push(name);
    const visited = visit(field, value[name], path, state);
    path.pop();
    if (visited === bad) sound = false;
    else copy[name] = visited;
  }
  if (keywords.open !== true) reportUnknown(fields, value, path, state);
  return reportPresence(keywords, value, path, state) && sound ? copy : bad;
}

/**
 * Whether a field is there. As in Protobuf, null is "not set", an empty text and a zero that cannot be meant are so, too:
 * charts write `subset: ""`. Not so where presence is told (a Duration, a text of fields that exclude each other).
 * https://protobuf.dev/programming-guides/field_presence/
 */
function isSet({ properties = {}, required = [], choices = [] }: Keywords, name: string, message: JsonObject): boolean {
  const value = Object.hasOwn(message, name) ? message[name] : undefined;
  const field = properties[name];
  if (value === null || value === undefined) return false;
  if (field === undefined || (value !== '' && value !== 0)) return true;
  const { type, enum: values, minimum = 0, hasPresence = false } = keywordsOf(field);
  if (value === 0) return type !== 'integer' || minimum < 1 || hasPresence || required.includes(name);
  return type !== 'string' || values !== undefined || hasPresence || choices.some(({ of }) => of.includes(name));
}

function reportUnknown(fields: Keywords['properties'], value: JsonObject, path: Segment[], state: Walk): void {
  const known = Object.keys(fields ?? {});
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    if (state.problems.length >= mostProblems) return;
    const near = nearest(
      name,
      known.filter((field) => !Object.hasOwn(value, field)),
    );
    const message = `the field ${printValue(name)} is not known and has no effect${near === undefined ? '' : `; did you mean ${near}?`}`;
    add(state, [...path, name], value[name], { severity: 'warning', code: 'OR1643', message });
  }
}

/** False when a needed field is absent or two that exclude each other are there. */
function reportPresence(keywords: Keywords, value: JsonObject, path: Segment[], state: Walk): boolean {
  const has = (name: string) => isSet(keywords, name, value);
  let sound = true;
  const wrong = (at: readonly Segment[], found: unknown, finding: Finding) => {
    sound = false;
    add(state, at, found, finding);
  };
  for (const name of keywords.required ?? []) {
    if (!has(name)) wrong([...path, name], undefined, { code: 'OR1642', message: `the field ${name} must be given` });
  }
  for (const { of, needed } of keywords.choices ?? []) {
    const given = of.filter(has);
    if (given.length > 1) {
      const message = `only one of ${listWords(of, 'and')} may be given, not ${listWords(given, 'and')}`;
      wrong(path, value, { code: 'OR1645', message });
    }
    if (given.length === 0 && needed === true)
      wrong(path, value, { code: 'OR1642', message: `one of ${listWords(of, 'and')} must be given` });
  }
  return sound;
}

const typeWords = {
  string: 'a text',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  array: 'a list',
  object: 'a map',
};

function wrongType(keywords: Keywords, value: unknown, path: Segment[], state: Walk): typeof bad {
  const quoted = keywords.type === 'string' && typeof value !== 'object' ? ' (put it in quotes)' : '';
  const message = `${printValue(value)} must be ${typeWords[keywords.type ?? 'object']}${quoted}`;
  return add(state, path, value, { code: 'OR1641', message });
}

function add(state: Walk, path: readonly Segment[], value: unknown, finding: Finding): typeof bad {
  const { at = [], severity = 'error', code, message, istioTakesIt } = finding;
  if (state.problems.length === mostProblems - 1) {
    const rest = { code: 'OR1658', message: 'there are more problems, which are not shown' } as const;
    state.problems.push({ severity: 'error', ...rest, path: '', value: undefined });
  }
  if (state.problems.length < mostProblems) {
    const found = at.reduce<unknown>(step, value);
    const problem = { severity, code, path: printPath([...path, ...at]), value: found, message };
    state.problems.push(istioTakesIt === undefined ? problem : { ...problem, istioTakesIt });
  }
  return bad;
}

function step(value: unknown, segment: Segment): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
  return Object.entries(value).find(([key]) => key === String(segment))?.[1];
}
