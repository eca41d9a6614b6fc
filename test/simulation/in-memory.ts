import { defaultMeshSettings, type MeshSettings } from '../../src/model/mesh-settings.ts';
import { Registry } from '../../src/registry/registry.ts';
import type { Snapshot } from '../../src/registry/snapshot.ts';
import { sourceObjects, type World } from './world/world.ts';

/** Certificates of gateways are no matter where nobody speaks. */
export const noCertificates = { certificate: '', key: '', roots: '' };

export function snapshotOf(world: World, settings: MeshSettings = defaultMeshSettings): Snapshot {
  const registry = new Registry({ domainSuffix: settings.domainSuffix, rootNamespaces: settings.rootNamespaces });
  registry.apply({ upserts: sourceObjects(world.filter(({ kind }) => kind !== 'Secret')), removals: [] });
  return registry.snapshot;
}
