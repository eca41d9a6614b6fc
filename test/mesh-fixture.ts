import { Encoder } from '../src/discovery/encoder.ts';
import { AllPatches } from '../src/discovery/patches.ts';
import { Shapes } from '../src/discovery/shapes.ts';
import { SidecarConfigs } from '../src/discovery/sidecar-configs.ts';
import { WithSockets } from '../src/discovery/socket-secrets.ts';
import { Indexes } from '../src/ir/build/indexes.ts';
import { OutboundViews } from '../src/ir/build/outbound-views.ts';
import { defaultMeshSettings, type MeshSettings } from '../src/model/mesh-settings.ts';
import type { Workload } from '../src/model/workload.ts';
import { Registry } from '../src/registry/registry.ts';
import type { Snapshot } from '../src/registry/snapshot.ts';
import { itemOf } from '../src/source/files/file-object.ts';
import { parseObjects } from '../src/source/files/parse-objects.ts';
import type { SourceObject } from '../src/source/object-source.ts';

/** The objects of a YAML text, as a folder of files would give them. */
export function objectsOf(yaml: string, file = 'test.yaml'): readonly SourceObject[] {
  const { objects, problems } = parseObjects(yaml, file);
  if (problems.length > 0) throw new Error(problems.map(String).join('\n'));
  return objects.flatMap((object) => itemOf(object)?.object ?? []);
}

/** A registry that holds them, without a problem. */
export function registryOf(...yamls: readonly string[]): Registry {
  const registry = new Registry({ domainSuffix: defaultMeshSettings.domainSuffix });
  registry.apply({ upserts: yamls.flatMap((yaml) => objectsOf(yaml)), removals: [] });
  const errors = registry.problems().filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return registry;
}

/** All that turns snapshots into the configuration of sidecars; a resource that cannot be sent fails the test. */
export function sidecarConfigs(changes: Partial<MeshSettings> = {}): SidecarConfigs {
  const settings = { ...defaultMeshSettings, ...changes };
  const indexes = new Indexes(settings);
  const encoder = new Encoder((resource, error) => {
    throw new Error(`${resource.type} ${resource.name}: ${error.message}`);
  });
  const views = new OutboundViews(settings, indexes);
  const patches = new WithSockets(new AllPatches(settings), settings.spireSecrets);
  return new SidecarConfigs({ settings, indexes, views, encoder, patches, shapes: new Shapes({ settings, views }) });
}

export function workloadOf(snapshot: Snapshot, id: string): Workload {
  const workload = snapshot.workloads.get(id) ?? snapshot.machines.get(id);
  if (workload === undefined) throw new Error(`no workload ${id} among ${[...snapshot.workloads.keys()].join(', ')}`);
  return workload;
}
