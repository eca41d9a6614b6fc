import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { parseAllDocuments } from 'yaml';
import { buildInjector } from '../../src/inject/build-injector.ts';
import type { InjectOutcome } from '../../src/inject/injector.ts';
import { combineIstioValues, mapIstioValues, parseSetPair } from '../../src/inject/review/istio-values.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../../src/inject/review/settings.ts';
import { findEmbeddedPod, flattenList } from '../../src/inject/review/workload-object.ts';
import { isObject, type JsonObject } from '../../src/model/json.ts';

export interface GoldenCase {
  readonly name: string;
  readonly input: string;
  readonly golden: string | null;
  readonly helmSet: readonly string[];
  readonly iop: string | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly meshPatch?: JsonObject;
  readonly expectError?: string;
}

const shared = new URL('../../../shared/istio-inject/', import.meta.url);
const templates = new URL('../../templates/', import.meta.url);

export function readCases(): GoldenCase[] {
  return (JSON.parse(readFileSync(new URL('cases.json', shared), 'utf8')) as { cases: GoldenCase[] }).cases;
}

export function readDocuments(file: string): JsonObject[] {
  const text = readFileSync(new URL(`cases/${file}`, shared), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter(isObject)
    .flatMap(flattenList);
}

/** The namespace and nodes that the goldens were made with. */
const namespace = {
  labels: { 'istio-injection': 'enabled' },
  annotations: {
    'openshift.io/sa.scc.uid-range': '1000620000/10000',
    'openshift.io/sa.scc.supplemental-groups': '1000620000/10000',
  },
};
const nodes = [
  { name: 'a', kubeletVersion: 'v1.33.0' },
  { name: 'b', kubeletVersion: 'v1.34.0' },
];

export function settingsOf(one: GoldenCase): InjectionSettings {
  const sources: JsonObject[] = [
    JSON.parse(readFileSync(new URL('default-values.json', shared), 'utf8')) as JsonObject,
  ];
  if (one.iop !== null) sources.push(...readDocuments(one.iop));
  for (const pair of one.helmSet) sources.push(parseSetPair(pair) ?? {});
  if (one.meshPatch !== undefined) sources.push({ meshConfig: one.meshPatch });
  const environment: JsonObject = {};
  if (one.env?.['ENABLE_NATIVE_SIDECARS'] !== undefined)
    environment['pilot'] = { env: { ENABLE_NATIVE_SIDECARS: one.env['ENABLE_NATIVE_SIDECARS'] } };
  if (one.env?.['PLATFORM'] !== undefined) environment['platform'] = one.env['PLATFORM'];
  const defaults = Value.Default(InjectionSettingsSchema, {}) as InjectionSettings;
  return mapIstioValues(combineIstioValues([...sources, environment]), defaults).settings;
}

/** Every object of the case's input, with what the injector makes of its pod (undefined: it has none). */
export function injectCase(one: GoldenCase): { object: JsonObject; outcome: InjectOutcome | undefined }[] {
  const read = (name: string) => readFileSync(new URL(name, templates), 'utf8');
  const injector = buildInjector(settingsOf(one), {
    sidecar: read('injection/sidecar.yaml'),
    gateway: read('injection/gateway.yaml'),
    bootstrap: read('bootstrap/envoy.yaml'),
  });
  return readDocuments(one.input).map((object) => {
    const embedded = findEmbeddedPod(object);
    if (embedded === undefined) return { object, outcome: undefined };
    const facts = { name: embedded.namespace ?? 'default', ...namespace };
    return { object, outcome: injector.inject({ pod: embedded.pod, namespace: facts, nodes }, embedded.workload) };
  });
}
