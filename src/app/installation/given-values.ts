import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { OutriggerError } from '../../errors.ts';
import { setKeys, unknownName } from '../../install/manifest-options.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { configKeys } from '../config.ts';
import { readText } from '../config-values.ts';
import { closedKeys, istioNames } from './key-names.ts';

/** What was given for an installation, sorted by who reads it; later ones win. */
export interface GivenValues {
  /** Names of `setKeys`. */
  readonly own: Map<string, string>;
  /** Of the server's configuration, by path. */
  readonly settings: Map<string, Json>;
  readonly meshConfig: JsonObject[];
  /** Values of Istio that have no name of ours. */
  readonly istio: JsonObject[];
  profile: string | undefined;
}

export function noValues(): GivenValues {
  return { own: new Map(), settings: new Map(), meshConfig: [], istio: [], profile: undefined };
}

/** One `KEY=VALUE`. Throws OR1702, OR1703, OR2500. */
export function takePair(pair: string, given: GivenValues): void {
  const at = pair.indexOf('=');
  const name = (at === -1 ? pair : pair.slice(0, at)).trim();
  if (at === -1) throw new OutriggerError('OR1703', `${name}: it has no "=value"`);
  take(name, pair.slice(at + 1), given, '--set');
}

/** A file in our form, an IstioOperator, or {meshConfig}. Throws OR2502 and what `takePair` throws. */
export function takeFile(path: string, given: GivenValues): void {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'), { logLevel: 'error', merge: true, maxAliasCount: 100 });
  } catch (cause) {
    const detail = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : 'it cannot be read';
    throw new OutriggerError('OR2502', detail, { at: path, cause });
  }
  if (value === null) return;
  if (!isObject(value)) throw new OutriggerError('OR2502', 'it is no map of keys', { at: path });
  takeTree(operatorAsTree(value), '', given, path);
}

/** `spec` of an IstioOperator has the names that `--set` has. */
function operatorAsTree(tree: JsonObject): JsonObject {
  if (tree['kind'] !== 'IstioOperator') return tree;
  return isObject(tree['spec']) ? tree['spec'] : {};
}

function takeTree(tree: JsonObject, prefix: string, given: GivenValues, at: string): void {
  for (const [name, value] of Object.entries(tree)) {
    const path = `${prefix}${name}`;
    if (isObject(value) && !isKey(path)) takeTree(value, `${path}.`, given, at);
    else if (Array.isArray(value) && value.every(isObject) && path.startsWith('components.'))
      for (const [index, item] of value.entries()) takeTree(item, `${path}[${index}].`, given, at);
    else take(path, value, given, at);
  }
}

/** A name that has its value whole, be it a map. */
function isKey(path: string): boolean {
  return path === 'meshConfig' || configKeys.some((key) => key.path === path);
}

function take(name: string, value: Json, given: GivenValues, at: string): void {
  const own = istioNames[name] ?? name;
  const instead = closedKeys[own];
  if (instead !== undefined) throw new OutriggerError('OR2500', `${own}: ${instead}`, { at });
  const key = configKeys.find(({ path }) => path === own);
  if (own === 'profile') given.profile = String(value);
  else if (setKeys.some((one) => one.name === own)) given.own.set(own, textOf(value));
  else if (key !== undefined) given.settings.set(own, typeof value === 'string' ? asJson(readText(key, value)) : value);
  else if (own === 'meshConfig' && isObject(value)) given.meshConfig.push(value);
  else if (own.startsWith('meshConfig.')) given.meshConfig.push(treeOf(own, 'meshConfig.', value));
  else if (istioRoot.test(own)) given.istio.push(treeOf(own, 'values.', value));
  else throw unknownName(name, knownNames());
}

/** Where Istio's own values begin. */
const istioRoot = /^(values|global|sidecarInjectorWebhook|pilot|hub|tag|components)([.[]|$)/;

function knownNames(): string[] {
  return ['profile', ...setKeys.map(({ name }) => name), ...configKeys.map(({ path }) => path)];
}

/** `a.b.c` → `{a: {b: {c: value}}}`; a backslash keeps a dot. */
function treeOf(name: string, prefix: string, value: Json): JsonObject {
  const path = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const steps = path.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  return steps.reduceRight<Json>((inner, step) => ({ [step]: inner }), scalar(value)) as JsonObject;
}

function scalar(value: Json): Json {
  if (typeof value !== 'string') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?[0-9]{1,15}(\.[0-9]{1,6})?$/.test(value) ? Number(value) : value;
}

function textOf(value: Json): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

function asJson(value: unknown): Json {
  return value as Json;
}
