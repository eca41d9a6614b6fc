import { parse } from 'yaml';
import { mapMeshConfig } from '../app/mesh-config/map-mesh-config.ts';
import { combineIstioValues, mapIstioValues } from '../inject/review/istio-values.ts';
import type { InjectionSettings } from '../inject/review/settings.ts';
import type { ToldValue } from '../migrate/migration-input.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { textAt } from '../registry/json-fields.ts';
import type { SourceObject } from '../source/object-source.ts';

/** What becomes of the settings of a running Istio: its ConfigMaps `istio` and `istio-sidecar-injector`. */
export function foreignValues(objects: readonly SourceObject[], base: InjectionSettings): readonly ToldValue[] {
  const maps = objects.filter(({ kind }) => kind === 'ConfigMap');
  return [
    ...maps.filter(({ name }) => name === 'istio').flatMap(({ object }) => ofMesh(textAt(object, 'data', 'mesh'))),
    ...maps
      .filter(({ name }) => name === 'istio-sidecar-injector')
      .flatMap(({ object }) => ofInjector(textAt(object, 'data', 'values'), base)),
  ];
}

function ofMesh(text: string): ToldValue[] {
  const tree = readTree(text);
  if (tree === undefined) return [{ key: 'meshConfig', state: 'reported', text: 'it is no mapping in YAML' }];
  return mapMeshConfig(tree).reports.map((report) => ({ ...report, key: `meshConfig.${report.key}` }));
}

function ofInjector(text: string, base: InjectionSettings): ToldValue[] {
  const tree = readTree(text);
  if (tree === undefined) return [{ key: 'values', state: 'reported', text: 'they are no mapping in JSON' }];
  const { meshConfig: _, ...rest } = combineIstioValues([tree]);
  return mapIstioValues(rest, base).reports.map((report) => ({ ...report, key: `values.${report.key}` }));
}

function readTree(text: string): JsonObject | undefined {
  try {
    const tree: unknown = text === '' ? {} : parse(text, { logLevel: 'error', merge: true, maxAliasCount: 10 });
    return isObject(tree) ? tree : tree === null ? {} : undefined;
  } catch {
    return undefined;
  }
}
