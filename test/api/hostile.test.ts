import { expect, test } from 'vitest';
import { printRegistryProblem } from '../../src/registry/registry-problem.ts';
import type { Snapshot } from '../../src/registry/snapshot.ts';
import { cpuMs } from '../cpu-time.ts';
import { objectsOf } from '../mesh-fixture.ts';
import { hostileCases } from './hostile.ts';
import { outcomeOfSnapshot, proxiesOf, registryWith } from './outcome.ts';
import { world } from './proofs.ts';

/** A route that was there before the others came. */
const good = objectsOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: good, namespace: default}
spec: {hosts: [other], http: [{match: [{uri: {prefix: /good}}], route: [{destination: {host: other}}]}]}
`);
/** What a client has for its host, whether it is pushed or asked for; content and all. */
function routeIn(snapshot: Snapshot): readonly (string | undefined)[] {
  return [...proxiesOf(snapshot)]
    .filter(([name]) => name === 'client, on-demand:')
    .flatMap(([, resources]) => [
      resources.named('virtualHost', '80/other.default.svc.cluster.local')?.version,
      resources.named('cluster', 'outbound|80||other.default.svc.cluster.local')?.version,
    ]);
}
const before = routeIn(registryWith([...world, ...good]).snapshot);

/** Whatever grows with the square of what is given takes minutes. */
const longestMs = 30_000;

test('the good route is there, and is another without its rule', () => {
  expect(before).toEqual([expect.any(String), expect.any(String)]);
  expect(routeIn(registryWith(world).snapshot)).not.toEqual(before);
});

test.each(hostileCases)(
  '$does: named where it is wrong, and what is good stays',
  ({ objects, refused }) => {
    const begun = cpuMs();
    const registry = registryWith([...world, ...good, ...objects]);
    expect(outcomeOfSnapshot(registry.snapshot).size).toBeGreaterThan(0);
    expect(cpuMs() - begun).toBeLessThan(longestMs);
    expect(routeIn(registry.snapshot)).toEqual(before);
    const told = registry.problems().map(printRegistryProblem);
    for (const name of refused)
      expect(told.some((line) => line.includes(`/${name} `) || line.includes(`/${name}:`))).toBe(true);
    if (refused.length === 0) expect(told).toEqual([]);
  },
  60_000,
);
