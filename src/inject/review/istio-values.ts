import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { nearest } from '../../model/nearest.ts';
import { istioValueRules } from './istio-values-rules.ts';
import type { InjectionSettings } from './settings.ts';

/** What became of one key of Istio's values. */
export interface ValueReport {
  readonly key: string;
  readonly state: 'mapped' | 'reported';
  /** The setting it became, or why it has no effect. */
  readonly text: string;
}

export interface MappedValues {
  readonly settings: InjectionSettings;
  readonly reports: readonly ValueReport[];
}

/**
 * Istio's injector values (as `combineIstioValues` gives them) laid over our settings. Every leaf is either mapped or reported; nothing is silently dropped. A value that equals what
 * Istio's chart has by default and has no meaning here is not worth a report.
 */
export function mapIstioValues(input: JsonObject, base: InjectionSettings): MappedValues {
  const tree = input;
  const reports: ValueReport[] = [];
  let settings = base;
  for (const [key, value] of leaves(tree)) {
    const rule = findRule(key);
    if (rule === undefined) {
      const near = nearest(
        key,
        istioValueRules.map((known) => known.key),
      );
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      reports.push({ key, state: 'reported', text: `unknown to the injector, it has no effect${hint}` });
      continue;
    }
    if (rule.map === undefined) {
      if (!isQuiet(value)) reports.push({ key, state: 'reported', text: rule.text });
      continue;
    }
    const mapped = rule.map(settings, value, key.slice(rule.key.length).replace(/^\./, ''));
    if (typeof mapped === 'string') reports.push({ key, state: 'reported', text: mapped });
    else {
      settings = mapped;
      reports.push({ key, state: 'mapped', text: rule.text });
    }
  }
  return { settings, reports };
}

/** The longest rule that is the key or a prefix of it ending at a dot. */
function findRule(key: string) {
  return istioValueRules
    .filter((rule) => key === rule.key || key.startsWith(`${rule.key}.`))
    .sort((a, b) => b.key.length - a.key.length)[0];
}

/** Empty, false or zero: nothing was asked for. */
function isQuiet(value: Json): boolean {
  return (
    value === '' ||
    value === false ||
    value === null ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}

/** Several sources as one tree, later ones on top, as Helm lays them; a null stays and takes a default out. */
export function combineIstioValues(sources: readonly JsonObject[]): JsonObject {
  return sources.map(normaliseShape).reduce(mergeTrees, {});
}

function mergeTrees(base: JsonObject, over: JsonObject): JsonObject {
  const merged: [string, Json][] = Object.entries(over).map(([key, value]) => {
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    return [key, isObject(before) && isObject(value) ? mergeTrees(before, value) : value];
  });
  return Object.fromEntries([...Object.entries(base), ...merged]);
}

/** IstioOperator: `spec.values`, `spec.meshConfig`, `spec.components`, `spec.hub`…; plain values as they are. */
function normaliseShape(input: JsonObject): JsonObject {
  if (input['kind'] !== 'IstioOperator') return input;
  const spec = isObject(input['spec']) ? input['spec'] : {};
  const { values, meshConfig, ...rest } = spec;
  return { ...rest, ...(isObject(values) ? values : {}), ...(isObject(meshConfig) ? { meshConfig } : {}) };
}

/** Dotted paths to what rules may name: rules take whole subtrees, so a subtree with a rule of its own is a leaf. */
function leaves(tree: JsonObject, prefix = ''): [string, Json][] {
  return Object.entries(tree).flatMap(([name, value]): [string, Json][] => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const whole = istioValueRules.some((rule) => rule.key === key && rule.whole === true);
    if (whole || !isObject(value) || Object.keys(value).length === 0) return [[key, value]];
    return leaves(value, key);
  });
}

/**
 * `a.b.c=v` as `--set` writes it: `values.` in front is Istio's CLI's, a backslash keeps a dot, numbers and
 * booleans become such. Undefined: it is no pair.
 */
export function parseSetPair(pair: string): JsonObject | undefined {
  const equals = pair.indexOf('=');
  if (equals < 1) return undefined;
  const path = pair
    .slice(0, equals)
    .split(/(?<!\\)\./)
    .map((part) => part.replaceAll('\\.', '.'));
  const keys = path[0] === 'values' ? path.slice(1) : path;
  if (keys.length === 0 || keys.some((key) => key === '')) return undefined;
  return keys.reduceRight<Json>((value, key) => ({ [key]: value }), scalar(pair.slice(equals + 1))) as JsonObject;
}

function scalar(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : text;
}
