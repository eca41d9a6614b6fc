import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { Deliveries } from './deliveries.ts';
import { noCertificates } from './in-memory.ts';
import { minimise } from './minimise.ts';
import { plainCalls } from './plain-calls.ts';
import { makeCalls, type Placed } from './world/make-calls.ts';
import { makeWorld } from './world/make-world.ts';
import type { World } from './world/world.ts';

/** Whatever the way in which a sidecar is told: the same becomes of the same call. */
const worlds = 200;
const callsEach = 60;

test(`a call comes to the same in every delivery, in ${worlds} meshes`, async () => {
  let compared = 0;
  for (let seed = 1; seed <= worlds; seed += 1) {
    const world = makeWorld(seed, noCertificates).filter(({ spec }) => !isHeadless(spec));
    const calls = plainCalls(world, makeCalls(seed, world, callsEach));
    compared += calls.length;
    const told = new Deliveries(world);
    const different = calls.find((placed) => told.differs(placed));
    expect(different && (await explained(seed, world, different))).toBeUndefined();
  }
  expect(compared).toBeGreaterThan(worlds * 5);
}, 240_000);

async function explained(seed: number, world: World, placed: Placed): Promise<string> {
  const small = await minimise(
    world,
    (candidate) => hasCallers(candidate) && new Deliveries(candidate).differs(placed),
  );
  const shown = small.filter(({ kind }) => !['Pod', 'Namespace', 'Secret'].includes(kind));
  return [
    `seed ${seed}`,
    ...shown.map((object) => stringify(object)),
    stringify({ placed }),
    stringify(Object.fromEntries(new Deliveries(small).outcomes(placed))),
  ].join('\n');
}

/** A rule that leads to one leads, in Istio's shape, to where the client was going, whoever lives there; on demand to its pods. */
const isHeadless = (spec: unknown) => Reflect.get(Object(spec), 'clusterIP') === 'None';

const hasCallers = (world: World) =>
  ['eager', 'lazy'].every((name) => world.some(({ kind, metadata }) => kind === 'Pod' && metadata.name === name));
