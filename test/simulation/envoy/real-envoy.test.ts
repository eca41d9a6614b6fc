import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMeshRoot } from '../../../src/identity/workload/make-mesh-root.ts';
import { defaultMeshSettings } from '../../../src/model/mesh-settings.ts';
import { selfSigned } from '../../envoy/test-certificates.ts';
import { findRequirements } from '../../netns/requirements.ts';
import { foundWorlds, placedAt, worldOf } from '../found-worlds.ts';
import { ProxyStates } from '../proxy-states.ts';
import { workloads } from '../simulated.ts';
import { makeCalls } from '../world/make-calls.ts';
import { type Certificates, makeWorld } from '../world/make-world.ts';
import { allIdentities, serverPorts } from '../world/vocabulary.ts';
import type { World } from '../world/world.ts';
import { type Bench, explain, explainRejection, type Judgement, judge } from './judge.ts';
import { type LiveMesh, startLiveMesh } from './live-mesh.ts';

/**
 * Random valid meshes and calls: what the simulator says of the configuration, against what real proxies do with it.
 * `OUTRIGGER_SIMULATION_CONFIGS` meshes from `OUTRIGGER_SIMULATION_SEED` on.
 */
const binary = findRequirements();
const configs = Number(process.env['OUTRIGGER_SIMULATION_CONFIGS'] ?? 120);
const firstSeed = Number(process.env['OUTRIGGER_SIMULATION_SEED'] ?? 1);
const callsEach = 20;
/** Few enough that worlds lie on both sides: hosts are pushed in one, and load on first use in the next. */
const settings = { ...defaultMeshSettings, pushedHosts: 6 };

describe.skipIf(binary === undefined)('the simulator and real proxies', () => {
  let live: LiveMesh;
  let certificates: Certificates;

  beforeAll(async () => {
    const root = await makeMeshRoot(new Date());
    const { certificate, key } = selfSigned('gateway.test');
    certificates = { certificate, key, roots: root.rootsPem };
    const podOf = (name: keyof typeof workloads, serviceAccount: string) => ({ id: workloads[name], serviceAccount });
    live = await startLiveMesh({
      ...{ binary: binary ?? '', settings, root, ports: serverPorts, identities: allIdentities },
      world: makeWorld(firstSeed, certificates),
      pods: { eager: podOf('eager', 'caller'), lazy: podOf('lazy', 'caller'), gateway: podOf('gateway', 'gw') },
    });
  });
  afterAll(() => live?.stop());

  test.each(foundWorlds)('agree where they did not: $what', async ({ yaml, calls }) => {
    const bench = { live, states: new ProxyStates(settings) };
    const placed = calls.flatMap(({ call }) => [placedAt('eager', call), placedAt('lazy', call)]);
    const { problems, rejections, disagreements } = await judge(bench, worldOf(yaml, certificates), placed);
    expect({ problems, rejections, disagreements }).toEqual({ problems: [], rejections: [], disagreements: [] });
  });

  test(`agree on ${configs} meshes with ${callsEach} calls each, from seed ${firstSeed} on`, async () => {
    const bench = { live, states: new ProxyStates(settings) };
    const kinds = new Map<string, number>();
    const wrong: string[] = [];
    const begun = Date.now();
    for (let seed = firstSeed; seed < firstSeed + configs && wrong.length < 3; seed += 1) {
      const world = makeWorld(seed, certificates);
      const found = await judge(bench, world, makeCalls(seed, world, callsEach));
      for (const kind of found.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const line = await faultOf(bench, { seed, world, found });
      if (line !== undefined) wrong.push(line);
      // At once: the rest may take an hour.
      if (line !== undefined) console.error(line);
      tellProgress(seed - firstSeed + 1, begun);
    }
    console.info(
      [...kinds]
        .sort(([, a], [, b]) => b - a)
        .map(([kind, count]) => `${count} ${kind}`)
        .join('\n'),
    );
    expect(wrong.join('\n\n')).toBe('');
  }, 3_600_000);
});

interface Judged {
  readonly seed: number;
  readonly world: World;
  readonly found: Judgement;
}

function faultOf(bench: Bench, { seed, world, found }: Judged): Promise<string> | string | undefined {
  const [problem] = found.problems;
  const [first] = found.disagreements;
  if (problem !== undefined) return `seed ${seed} is not valid: ${problem}`;
  // A proxy that rejects goes on as it was: what it does then says nothing.
  if (found.rejections.length > 0) return explainRejection(bench, seed, world);
  return first && explain(bench, seed, world, first);
}

function tellProgress(done: number, begun: number): void {
  if (done % 100 !== 0) return;
  console.info(`${done} meshes, ${((done * 1000) / (Date.now() - begun)).toFixed(1)} a second`);
}
