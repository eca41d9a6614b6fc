import { isDeepStrictEqual } from 'node:util';
import type { ValueReport } from '../../inject/review/istio-values.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { nearest } from '../../model/nearest.ts';
import { type MeshConfigRule, meshConfigRules } from './rules.ts';

export interface MappedMeshConfig {
  /** Of our configuration, by path; not checked. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Those of `values` that are read at the start alone. */
  readonly atStart: readonly string[];
  readonly reports: readonly ValueReport[];
}

/** Istio's MeshConfig in our words. Each key is mapped or reported with the reason; what asks for nothing is neither. */
export function mapMeshConfig(tree: JsonObject): MappedMeshConfig {
  const values: Record<string, unknown> = {};
  const atStart: string[] = [];
  const reports: ValueReport[] = [];
  for (const [key, value] of leaves(tree)) {
    if (value === null) continue;
    const rule = ruleOf(key);
    const converted = rule?.convert?.(value);
    if (converted === undefined || typeof converted === 'string') {
      if (!asksForNothing(value))
        reports.push({ key, state: 'reported', text: converted ?? rule?.text ?? unknown(key) });
      continue;
    }
    Object.assign(values, converted);
    if (rule?.atStart === true) atStart.push(...Object.keys(converted));
    reports.push({ key, state: 'mapped', text: rule?.text ?? '' });
    const without = rule?.without?.(value);
    if (without !== undefined) reports.push({ key, state: 'reported', text: without });
  }
  return { values, atStart, reports };
}

function unknown(key: string): string {
  const near = nearest(
    key.split('.')[0] ?? '',
    meshConfigRules.map((rule) => rule.key),
  );
  return `it is no key of MeshConfig${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function ruleOf(key: string): MeshConfigRule | undefined {
  return meshConfigRules
    .filter((rule) => key === rule.key || key.startsWith(`${rule.key}.`))
    .sort((a, b) => b.key.length - a.key.length)[0];
}

/** A message is one value but where a rule is for a part of it. */
function leaves(tree: JsonObject, prefix = ''): [string, Json][] {
  return Object.entries(tree).flatMap(([name, value]): [string, Json][] => {
    const key = `${prefix}${name}`;
    const inner = meshConfigRules.some((rule) => rule.key.startsWith(`${key}.`));
    return inner && isObject(value) ? leaves(value, `${key}.`) : [[key, value]];
  });
}

const nothing: readonly Json[] = ['', false, 0, [], {}];
const asksForNothing = (value: Json): boolean => nothing.some((empty) => isDeepStrictEqual(empty, value));
