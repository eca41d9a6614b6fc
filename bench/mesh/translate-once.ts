import { configurators } from '../../src/app/mesh/configurators.ts';
import { Encoder } from '../../src/discovery/encoder.ts';
import { defaultMeshSettings, type MeshSettings } from '../../src/model/mesh-settings.ts';
import { Registry } from '../../src/registry/registry.ts';
import type { ProxyResources, XdsType } from '../../src/xds/resource.ts';
import { hostOf, meshObjects, proxyPod, usedClusters, usedHosts, weightRule } from './objects.ts';
import { answerQuestions } from './worker.ts';

/** One proxy in a fresh process: what it is sent at first, and after a change. Milliseconds. */
export interface TranslateOptions {
  readonly services: number;
  readonly settings: Partial<MeshSettings>;
}

export interface Translated {
  /** Objects to the first snapshot. */
  readonly registryMs: number;
  /** JSON.parse and JSON.stringify of the same objects. */
  readonly jsonMs: number;
  readonly coldMs: number;
  readonly bytes: number;
  readonly warmMs: readonly number[];
  /** Until the snapshot after the change. */
  readonly applyMs: readonly number[];
}

const rounds = 50;
const wildcards: readonly XdsType[] = ['cluster', 'listener', 'virtualHost'];

function translate({ services, settings }: TranslateOptions): Translated {
  const all = { ...defaultMeshSettings, ...settings };
  const objects = meshObjects(services);
  const texts = objects.map(({ object }) => JSON.stringify(object));
  const [, jsonMs] = timed(() => texts.map((text) => JSON.stringify(JSON.parse(text))));
  const registry = new Registry({ domainSuffix: all.domainSuffix });
  const [, registryMs] = timed(() => registry.apply({ upserts: objects, removals: [] }));
  const encoder = new Encoder((resource, error) => {
    throw new Error(`${resource.type} ${resource.name}: ${error.message}`);
  });
  const configure = configurators(all, encoder)();
  const pod = proxyPod(0);
  const once = (): number => {
    const { snapshot } = registry;
    const workload = snapshot.workloads.get(`${pod.namespace}/${pod.name}`);
    if (workload === undefined) throw new Error('the pod is not known');
    return bytesOf(configure.configure({ snapshot, workload, delta: true }), all.delivery === 'eager');
  };
  const [bytes, coldMs] = timed(once);
  const warmMs: number[] = [];
  const applyMs: number[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const change = { upserts: [weightRule(turn % 2 === 0 ? 80 : 70)], removals: [] };
    applyMs.push(timed(() => registry.apply(change))[1]);
    warmMs.push(timed(once)[1]);
  }
  return { registryMs, jsonMs, coldMs, bytes, warmMs, applyMs };
}

/** All that it is sent unasked, and the parts of the used hosts, or of every host where it gets all. */
function bytesOf(resources: ProxyResources, eager: boolean): number {
  let sum = 0;
  const add = (type: XdsType, name: string): void => {
    sum += resources.named(type, name)?.deltaFrame.length ?? 0;
  };
  for (const type of wildcards) {
    for (const { deltaFrame, edsName } of resources.wildcard(type).values()) {
      sum += deltaFrame.length;
      if (edsName !== undefined) add('endpoint', edsName);
    }
  }
  add('route', '80');
  if (eager) return sum;
  for (let index = 0; index < usedHosts; index++) {
    add('virtualHost', `80/${hostOf(index)}`);
    for (const cluster of usedClusters(index)) {
      add('cluster', cluster);
      add('endpoint', cluster);
    }
  }
  return sum;
}

function timed<T>(run: () => T): readonly [T, number] {
  const begun = performance.now();
  const result = run();
  return [result, performance.now() - begun];
}

answerQuestions({ translate });
