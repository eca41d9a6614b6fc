import type { JsonObject } from '../model/json.ts';
import { isObject } from '../model/json.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import { byAge } from '../registry/collections.ts';
import { readConfig } from '../registry/istio-config.ts';
import type { Config, Snapshot } from '../registry/snapshot.ts';
import type { SourceObject } from '../source/object-source.ts';
import { type AnalysisInput, configsOf, isConfigKind, withConfigs } from './analysis-input.ts';
import { analyzers } from './analyzers.ts';
import type { Finding } from './finding.ts';

export interface DoubtOptions {
  /** Undefined as long as not everything is listed: then nothing can be doubted. */
  readonly snapshot: () => Snapshot | undefined;
  readonly settings: MeshSettings;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds after which no further analyzer begins. */
  readonly budgetMs: number;
}

/** What the analyzers say of a resource that is being written, as if it were there already. */
export function admissionDoubts(options: DoubtOptions): (object: JsonObject, namespace: string) => readonly string[] {
  return (object, namespace) => {
    const snapshot = options.snapshot();
    const source = sourceOf(object, namespace);
    if (snapshot === undefined || !isConfigKind(source.kind)) return [];
    const { value } = readConfig(source);
    if (value === undefined) return [];
    const input = inputWith(value as Config<unknown>, source, snapshot, options.settings);
    return printDoubts(input, options);
  };
}

/** What the analyzers find in a resource that is not written yet, and what of the snapshot would be as it says. */
export function findingsIfWritten(
  object: JsonObject,
  namespace: string,
  { snapshot, settings }: Pick<AnalysisInput, 'snapshot' | 'settings'>,
): readonly Finding[] {
  const source = sourceOf(object, namespace);
  if (!isConfigKind(source.kind)) return [];
  const { value } = readConfig(source);
  if (value === undefined) return [];
  const input = inputWith(value as Config<unknown>, source, snapshot, settings);
  return analyzers.filter(({ atAdmission }) => atAdmission).flatMap((analyzer) => [...analyzer.analyze(input)]);
}

function printDoubts(input: AnalysisInput, { now, budgetMs }: DoubtOptions): readonly string[] {
  const started = now();
  const found: string[] = [];
  for (const analyzer of analyzers.filter(({ atAdmission }) => atAdmission)) {
    if (now() - started > budgetMs)
      return [...found, `OR2551 not all was looked at in ${budgetMs} ms: outrigger analyze tells the rest`];
    for (const one of analyzer.analyze(input)) found.push(printDoubt(one));
  }
  return found;
}

const printDoubt = ({ code, origin, message }: Finding) =>
  `${code} ${origin.field === undefined ? '' : `${origin.field}: `}${message}`;

export function sourceOf(object: JsonObject, namespace: string): SourceObject {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const kind = String(object.kind);
  const name = String(metadata.name ?? metadata.generateName ?? '');
  const place = { kind, namespace, name };
  return { apiVersion: String(object.apiVersion), ...place, object, origin: place };
}

/** The snapshot with the resource in it, in place of the one that it follows. */
function inputWith(
  config: Config<unknown>,
  { kind, object }: SourceObject,
  snapshot: Snapshot,
  settings: MeshSettings,
): AnalysisInput {
  if (!isConfigKind(kind)) throw new Error(`${kind} is in no snapshot`);
  const { namespace, name } = config;
  const others = configsOf(snapshot, kind).filter((other) => other.namespace !== namespace || other.name !== name);
  const dated = { ...config, createdAt: config.createdAt === 0 ? Number.MAX_SAFE_INTEGER : config.createdAt };
  return {
    snapshot: withConfigs(snapshot, kind, [...others, dated].sort(byAge)),
    settings: snapshot.settings ?? settings,
    problems: [],
    objects: [],
    // Secrets are read only where gateways are said to be.
    knows: (of) => of !== 'Secret',
    judged: (other) => other.kind === String(object.kind) && other.namespace === namespace && other.name === name,
    ...{ proxyImage: '', wouldInject: () => undefined, systemNamespace: '', showsRequests: false },
  };
}
