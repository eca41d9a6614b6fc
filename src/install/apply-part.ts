import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { installationLabel, partLabel } from './build-manifests.ts';
import type { InstallCluster } from './cluster.ts';
import { listAt, textAt } from './fields.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { objectPath, titleOf } from './object-path.ts';
import type { Part } from './parts.ts';

export interface Applied {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  /** What is another's and was left as it is. */
  readonly kept: readonly string[];
}

export interface ApplyPartOptions {
  readonly force: boolean;
  /** Looked at before each object. */
  readonly goOn: () => void;
}

/** Throws OR1630, OR2503, OR2505, OR2511, OR2513 and what `goOn` throws. */
export async function applyPart(cluster: InstallCluster, part: Part, options: ApplyPartOptions): Promise<Applied> {
  const counts = { created: 0, changed: 0, unchanged: 0 };
  const kept: string[] = [];
  for (const object of part.objects) {
    options.goOn();
    const path = objectPath(object);
    const before = await cluster.get(path);
    const wanted = besideOthers(object, before, options.force);
    if (wanted === undefined) {
      kept.push(object.metadata.name);
      continue;
    }
    const after = await cluster.apply(path, wanted, { force: options.force, dryRun: false }).catch(named(object));
    if (before === undefined) counts.created++;
    else if (versionOf(before) === versionOf(after)) counts.unchanged++;
    else counts.changed++;
  }
  return { ...counts, kept };
}

/**
 * What is applied where something is already there. Kinds that another mesh made stay as they are when they have the versions
 * that are needed: undefined. A namespace that somebody else made does not become ours, so that `uninstall` leaves it. Pure.
 * Throws OR2511.
 */
export function besideOthers(
  object: KubernetesObject,
  before: JsonObject | undefined,
  force = false,
): KubernetesObject | undefined {
  if (before === undefined) return object;
  const ours = textAt(before, 'metadata', 'labels', partLabel.key) === partLabel.value;
  if (ours) return object;
  if (object.kind === 'CustomResourceDefinition') {
    const lacks = servedVersions(object).filter((version) => !servedVersions(before).includes(version));
    if (lacks.length === 0) return undefined;
    throw new OutriggerError('OR2511', `${object.metadata.name} does not serve ${lacks.join(', ')}`);
  }
  if (object.kind !== 'Namespace') return adopted(object, force);
  const { [partLabel.key]: _, [installationLabel]: __, app: ___, ...labels } = object.metadata.labels ?? {};
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** What is another's would go with `uninstall`, if it became ours without a word. */
function adopted(object: KubernetesObject, force: boolean): KubernetesObject {
  if (force) return object;
  throw new OutriggerError('OR2505', `${titleOf(object)} is there and is not Outrigger's: --force takes it over`);
}

function servedVersions(crd: unknown): string[] {
  return listAt(crd, 'spec', 'versions')
    .filter((version) => (version as JsonObject)['served'] === true)
    .map((version) => textAt(version, 'name'));
}

function versionOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'resourceVersion');
}

/** The API's path says less than kind and name do. */
function named(object: KubernetesObject): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof OutriggerError) || error.code === 'OR1630') throw error;
    throw new OutriggerError(error.code, `${titleOf(object)}: ${error.detail}`, { cause: error });
  };
}
