import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { OutriggerError } from '../../errors.ts';
import { combineIstioValues, mapIstioValues, type ValueReport } from '../../inject/review/istio-values.ts';
import { bad, type Draft, defaultManifestOptions, setKeys } from '../../install/manifest-options.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { configKeys, defaultConfig, readConfig } from '../config.ts';
import { mapMeshConfig } from '../mesh-config/map-mesh-config.ts';
import { packageFolder } from '../places.ts';
import { noValues, takeFile, takePair } from './given-values.ts';

export interface InstallationFlags {
  readonly set: readonly string[];
  readonly filename: readonly string[];
  readonly revision?: string;
}

export interface InstallationOptions {
  /** All but the certificate, where no file of one was given. */
  readonly draft: Draft;
  readonly profile: string;
  /** By a flag or a file; else it is what is taken where none is. */
  readonly isProfileNamed: boolean;
  /** What of Istio's values was mapped, and what has no effect. */
  readonly reports: readonly ValueReport[];
}

export const profiles = ['minimal', 'default', 'demo'] as const;

/**
 * Profile, then files, then pairs; the last one wins. A revision beside another takes the profile `minimal` where none is
 * named: gateways are those of the first. Throws OR1001, OR1002, OR1702, OR1703, OR2500, OR2501, OR2502.
 */
export function readInstallation(flags: InstallationFlags, read: (path: string) => string): InstallationOptions {
  const user = noValues();
  for (const file of flags.filename) takeFile(file, user);
  const pairs = [...flags.set, ...(flags.revision === undefined ? [] : [`revision=${flags.revision}`])];
  for (const pair of pairs) takePair(pair, user);
  const revision = user.own.get('revision') ?? 'default';
  const profile = user.profile ?? (revision === 'default' ? 'default' : 'minimal');
  const base = noValues();
  takeFile(profileFile(profile), base);

  const draft: Draft = {};
  for (const [name, value] of [...base.own, ...user.own])
    setKeys.find((key) => key.name === name)?.apply(draft, value, read);
  checkNamespaces(draft);
  const mesh = [...base.meshConfig, ...user.meshConfig].reduce(laidOver, {});
  const meshReports = checkMeshConfig(mesh);
  const { settings: ofIstio, reports } = settingsOfIstio(user.istio);
  const settings = { ...ofIstio, ...Object.fromEntries([...base.settings, ...user.settings]) };
  checkSettings(settings);
  const isProfileNamed = user.profile !== undefined;
  return {
    profile,
    isProfileNamed,
    reports: [...reports, ...meshReports],
    draft: { ...draft, meshConfig: mesh, settings },
  };
}

function profileFile(name: string): string {
  const file = join(packageFolder, 'manifests/profiles', `${name}.yaml`);
  if (!/^[a-z]+$/.test(name) || !existsSync(file))
    throw new OutriggerError('OR2501', `"${name}" is none of ${profiles.join(', ')}`);
  return file;
}

/** Nothing is injected in the namespace of the control plane, so no gateway could be there. */
function checkNamespaces({ namespace, gateways }: Draft): void {
  const place = (gateways ?? defaultManifestOptions.gateways).namespace;
  if (place === (namespace ?? defaultManifestOptions.namespace))
    throw bad('gateways.namespace', place, 'another namespace than that of the control plane');
}

function laidOver(base: JsonObject, over: JsonObject): JsonObject {
  const merged = Object.entries(over).map(([key, value]): [string, Json] => {
    const before = base[key];
    return [key, isObject(before) && isObject(value) ? laidOver(before, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

/** Throws OR1002 for a value that the server would refuse. */
function checkMeshConfig(tree: JsonObject): ValueReport[] {
  const { values, reports } = mapMeshConfig(tree);
  readConfig({ file: undefined, env: {}, flags: {}, sets: [], overlay: { origin: 'meshConfig', values } });
  const reported = reports.filter(({ state }) => state === 'reported');
  for (const { key, text } of reported)
    if (text.startsWith('it is no key of')) throw new OutriggerError('OR1702', `meshConfig.${key}: ${text}`);
  return reported.map((report) => ({ ...report, key: `meshConfig.${report.key}` }));
}

function settingsOfIstio(trees: readonly JsonObject[]): { settings: Record<string, Json>; reports: ValueReport[] } {
  const base = defaultConfig().injection;
  const { settings: mapped, reports } = mapIstioValues(combineIstioValues(trees), base);
  const settings: Record<string, Json> = {};
  for (const { path } of configKeys.filter((key) => key.path.startsWith('injection.'))) {
    const steps = path.split('.').slice(1);
    const value = valueAt(mapped, steps);
    if (!isDeepStrictEqual(value, valueAt(base, steps))) settings[path] = value as Json;
  }
  return { settings, reports: reports.filter(({ state }) => state === 'reported') };
}

function valueAt(tree: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), tree);
}

/** Throws OR1002, as the server would. */
function checkSettings(settings: Record<string, Json>): void {
  readConfig({ file: undefined, env: {}, flags: {}, sets: [], overlay: { origin: '--set', values: settings } });
}
