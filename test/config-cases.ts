import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { defaultConfig } from '../src/app/config.ts';
import { readTemplateTexts } from '../src/app/places.ts';
import { offlineMesh } from '../src/cli/offline-mesh.ts';
import type { SidecarConfig } from '../src/discovery/sidecar-config.ts';
import { buildInjector } from '../src/inject/build-injector.ts';
import { defaultMeshSettings, type MeshSettings } from '../src/model/mesh-settings.ts';
import type { Tap } from '../src/model/tap.ts';
import { Registry } from '../src/registry/registry.ts';
import { objectsOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

export const casesFolder = join(import.meta.dirname, 'golden/config');
export const caseNames = readdirSync(casesFolder).sort();
export const deliveries = ['on-demand', 'eager'] as const;
export type CaseDelivery = (typeof deliveries)[number];

const config = defaultConfig();
const injection = {
  injector: buildInjector(config.injection, readTemplateTexts()),
  nodes: [],
  namespaceOf: (name = 'default') => ({ name, labels: { 'istio-injection': 'enabled' }, annotations: {} }),
};

/** What the pod that a case names gets; the first line of its `in.yaml` is `# proxy: namespace/pod`; `# settings:` are of the mesh, `# taps:` those that are open. */
export function configOfCase(name: string, delivery: CaseDelivery): SidecarConfig {
  const text = readFileSync(join(casesFolder, name, 'in.yaml'), 'utf8');
  const proxy = /^# proxy: (\S+)/.exec(text)?.[1] ?? '';
  const registry = new Registry({ domainSuffix: defaultMeshSettings.domainSuffix });
  registry.learnTaps(parse(/^# taps: (.+)$/m.exec(text)?.[1] ?? '[]') as Tap[]);
  registry.apply({ upserts: offlineMesh(objectsOf(text, 'in.yaml'), injection), removals: [] });
  const errors = registry.problems().filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  const { snapshot } = registry;
  const settings = parse(/^# settings: (.+)$/m.exec(text)?.[1] ?? '{}') as Partial<MeshSettings>;
  const configs = sidecarConfigs({ ...settings, delivery });
  return configs.find({ snapshot, workload: workloadOf(snapshot, proxy), delta: true, before: undefined });
}
