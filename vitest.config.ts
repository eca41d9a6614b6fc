import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What waits, waits for a condition: this long on a machine that builds an API server beside it, and not Vitest's one second. */
const expectations = { poll: { timeout: 30_000 } };

/** A suite that needs what its name says, one file after the other; `.ci/run` runs them (root and iptables: netns; Envoy: envoy; an API server: cluster). */
function suite(name: string, include: string, testTimeout: number, hookTimeout: number) {
  return {
    test: { name, include: [include], testTimeout, hookTimeout, fileParallelism: false, expect: expectations },
  };
}

/** One project a suite. */
export default defineConfig({
  test: {
    reporters: ['default'],
    // Vitest leaves one core free, which on two of them is half of the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          // It needs nothing but Node.
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'web/src/**/*.test.ts',
            'test/*.test.ts',
            'test/golden/**/*.test.ts',
            'test/conformance/**/*.test.ts',
            'test/analysis/**/*.test.ts',
            'test/api/**/*.test.ts',
            'test/migrate/**/*.test.ts',
            'test/operate/**/*.test.ts',
            'test/simulation/*.test.ts',
            'test/simulation/simulator/**/*.test.ts',
          ],
          // Of a property on a machine that builds an API server beside it; alone none takes 15 s.
          testTimeout: 120_000,
          hookTimeout: 60_000,
          expect: expectations,
        },
      },
      suite('envoy', 'test/envoy/**/*.test.ts', 120_000, 120_000),
      suite('netns', 'test/netns/**/*.test.ts', 180_000, 180_000),
      suite('mesh', 'test/mesh/**/*.test.ts', 180_000, 180_000),
      suite('soak', 'test/soak/**/*.test.ts', 600_000, 180_000),
      suite('simulation', 'test/simulation/envoy/**/*.test.ts', 600_000, 180_000),
      suite('ui', 'test/ui/**/*.test.ts', 120_000, 120_000),
      suite('telemetry', 'test/telemetry/**/*.test.ts', 120_000, 180_000),
      suite('e2e', 'test/e2e/**/*.test.ts', 300_000, 300_000),
      suite('cluster', 'test/cluster/**/*.test.ts', 300_000, 600_000),
    ],
  },
});
