import { expect, test } from 'vitest';
import { defaultMeshSettings } from '../../src/model/mesh-settings.ts';
import { snapshotOf } from './in-memory.ts';
import { expected } from './planted/expectation.ts';
import { told } from './planted/outcome.ts';
import { plants } from './planted/plants.ts';
import { makeSmallCalls, makeSmallWorld, objectsOf } from './planted/small-world.ts';
import { type Mutation, ProxyStates } from './proxy-states.ts';
import { simulated, workloads } from './simulated.ts';

/**
 * Would a fault of the translation be seen? Small random meshes, of which a second reader, who knows Istio's
 * documentation and nothing of Envoy, says what becomes of each call.
 */
const seeds = Array.from({ length: 100 }, (_, index) => index + 1);

const meshes = seeds.map((seed) => {
  const world = makeSmallWorld(seed);
  const calls = makeSmallCalls(seed).map((call) => ({ call, wanted: expected(world, call) }));
  return { world, calls, snapshot: snapshotOf(objectsOf(world)) };
});

const states = new ProxyStates(defaultMeshSettings);

/** The first call that comes to something else than it should. */
function found(mutate?: Mutation): unknown {
  for (const [index, { world, calls, snapshot }] of meshes.entries()) {
    const state = states.find(snapshot, workloads.lazy, mutate);
    for (const { call, wanted } of calls) {
      const is = told(simulated(state, call));
      if (JSON.stringify(is) !== JSON.stringify(wanted)) return { seed: seeds[index], world, call, wanted, is };
    }
  }
  return undefined;
}

test('with no fault planted, every call comes to what the resources say', () => {
  expect(found()).toBeUndefined();
});

test('the meshes are of many kinds', () => {
  const outcomes = meshes.flatMap(({ calls }) => calls.map(({ wanted }) => wanted.join().slice(0, 3)));
  expect([...new Set(outcomes)].sort()).toEqual(
    ['10.', '192', '30%', '302', '307', '403', '404', '418', '503', 'clo'].sort(),
  );
});

test.each(Object.entries(plants))('found: %s', (_, mutate) => {
  expect(found(mutate)).toBeDefined();
});
