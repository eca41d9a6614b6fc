import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { OutriggerError } from '../errors.ts';
import { combineIstioValues, mapIstioValues, parseSetPair, type ValueReport } from '../inject/review/istio-values.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { type Config, type ConfigInput, configKeys, readConfig } from './config.ts';
import { mapMeshConfig } from './mesh-config/map-mesh-config.ts';

type Values = Readonly<Record<string, unknown>>;

export interface Configured {
  readonly config: Config;
  readonly reports: readonly ValueReport[];
  /** The same with further values by path, in the place of Istio's; `origin` is for messages. */
  readonly reconfigure: (values: Values, origin: string) => Config;
}

/**
 * The configuration with Istio's values between file and environment. `sources` are files, or pairs `a.b.c=v`
 * as `istioctl --set` takes them; later ones win. Every value is mapped or reported.
 * Throws OR1003, and what `readConfig` throws.
 */
export async function readConfigWithIstio(input: ConfigInput, sources: readonly string[]): Promise<Configured> {
  if (sources.length === 0) return configured(input, {}, []);
  const base = readConfig({ file: input.file, env: {}, flags: {}, sets: [] }).injection;
  const trees = await Promise.all(sources.map(readSource));
  const { meshConfig, ...rest } = combineIstioValues(trees);
  const { settings, reports } = mapIstioValues(rest, base);
  const mesh = mapMeshConfig(isObject(meshConfig) ? meshConfig : {});
  const values: Record<string, unknown> = {};
  for (const { path } of configKeys.filter((key) => key.path.startsWith('injection.'))) {
    const steps = path.split('.').slice(1);
    const mapped = valueAt(settings, steps);
    if (!isDeepStrictEqual(mapped, valueAt(base, steps))) values[path] = mapped;
  }
  const named = mesh.reports.map((report) => ({ ...report, key: `meshConfig.${report.key}` }));
  return configured(input, { ...values, ...mesh.values }, [...reports, ...named]);
}

function configured(input: ConfigInput, values: Values, reports: readonly ValueReport[]): Configured {
  const reconfigure = (more: Values, origin: string) =>
    readConfig({ ...input, overlay: { origin, values: { ...values, ...more } } });
  return { config: reconfigure({}, '--istio-values'), reports, reconfigure };
}

function valueAt(tree: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), tree);
}

async function readSource(source: string): Promise<JsonObject> {
  const pair = parseSetPair(source);
  if (pair !== undefined) return pair;
  let value: unknown;
  try {
    value = parse(await readFile(source, 'utf8'), { logLevel: 'error', merge: true });
  } catch (cause) {
    const detail = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : 'it cannot be read';
    throw new OutriggerError('OR1003', detail, { at: source, cause });
  }
  if (isObject(value)) return value;
  throw new OutriggerError('OR1003', "it must be a map: Istio's values, an IstioOperator or {meshConfig}", {
    at: source,
  });
}
