import type { Command } from 'commander';
import type { Config } from '../app/config.ts';
import { configOf } from '../app/config-command.ts';
import { type Sight, sightOf } from '../app/mesh/configurators.ts';
import { meshSettings } from '../app/mesh/mesh-settings.ts';
import { readLiveObjects } from '../cluster-access/live-objects.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import { Registry } from '../registry/registry.ts';
import { printRegistryProblem } from '../registry/registry-problem.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { FilesSource } from '../source/files/files-source.ts';
import type { ObjectSource, SourceObject } from '../source/object-source.ts';
import { accessOf, addClusterOptions, type ClusterFlags } from './cluster-flags.ts';
import { chosenNamespace } from './context-namespace.ts';
import { readFolder, withMeshConfig } from './folder-mesh.ts';
import { withoutEnded } from './in-force.ts';
import { injectionWith } from './injection-setup.ts';
import { offlineEndpoints } from './offline-endpoints.ts';
import { offlineMesh } from './offline-mesh.ts';

export interface MeshFlags extends ClusterFlags {
  readonly config?: string;
}

/** A mesh at one moment, as the control plane would know it. */
export interface ReadMesh {
  /** As people wrote them, those of the cluster or of the folder; offline with pods in place of workloads. */
  readonly objects: readonly SourceObject[];
  readonly snapshot: Snapshot;
  readonly settings: MeshSettings;
  readonly config: Config;
  readonly sight: Sight;
  readonly offline: boolean;
  /** Of names without one. */
  readonly namespace: string;
}

export function addMeshOptions(command: Command): Command {
  return addClusterOptions(command)
    .option('--config <folder>', 'a folder of YAML files instead of a cluster')
    .option('--config-file <file>', 'configuration of the control plane as YAML')
    .option(
      '--set <key=value>',
      'a key of it; may be given again',
      (value: string, all: string[]) => [...all, value],
      [],
    );
}

/** From a folder or the cluster, each kind listed once. Throws OR1630, OR1631, OR2538. */
export async function readMesh(command: Command, say: (line: string) => void): Promise<ReadMesh> {
  const flags = command.opts<MeshFlags>();
  const configured = await configOf(command, process.env);
  const source =
    flags.config === undefined ? await liveSource(flags, configured.config) : await readFolder(flags.config, say);
  const config = await withMeshConfig(configured, source, ({ code, at }, message) => say(`${code} ${at}: ${message}`));
  const settings = meshSettings(config);
  const given = withoutEnded(objectsOf(source), new Date());
  const objects = source instanceof FilesSource ? await populated(command, source, given, say) : given;
  const registry = new Registry({
    domainSuffix: settings.domainSuffix,
    rootNamespaces: settings.rootNamespaces,
    onProblem: (problem) => say(printRegistryProblem(problem)),
  });
  registry.apply({ upserts: objects, removals: [] });
  const { snapshot } = registry;
  const offline = flags.config !== undefined;
  const namespace = offline ? (flags.namespace ?? 'default') : await chosenNamespace(flags);
  return { objects, snapshot, settings, config, sight: sightOf(settings), offline, namespace };
}

/** With the pods that a cluster would have, and what is behind each service then. */
async function populated(
  command: Command,
  files: FilesSource,
  given: readonly SourceObject[],
  say: (line: string) => void,
): Promise<SourceObject[]> {
  const objects = offlineMesh(given, await injectionWith(command, files, say));
  return [...objects, ...offlineEndpoints(objects)];
}

async function liveSource(flags: ClusterFlags, { mesh }: Config): Promise<ObjectSource> {
  const objects = await readLiveObjects(accessOf(flags).connection, mesh.rootNamespaces);
  return {
    objectsSynced: true,
    onObjects: (listener) => {
      listener({ upserts: objects, removals: [] });
      return () => {};
    },
  };
}

function objectsOf(source: ObjectSource): SourceObject[] {
  const objects: SourceObject[] = [];
  source.onObjects(({ upserts }) => objects.push(...upserts))();
  return objects;
}
