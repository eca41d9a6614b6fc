import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { locateCachedEnvoy } from '../../src/playground/locate-envoy.ts';

/** The Envoy of a suite; undefined, with one line on why, when it may be skipped. */
export function findEnvoy(suite: 'envoy' | 'netns'): string | undefined {
  const found = locateEnvoy(suite);
  if (found === undefined) console.info(`${suite} suite skipped: there is no Envoy; test/envoy/install.sh brings it`);
  return found;
}

/**
 * The real Envoy: `OUTRIGGER_ENVOY`, or what `test/envoy/install.sh` put into the cache. When there is none, a suite
 * that must run has it installed, or fails.
 */
export function locateEnvoy(suite: 'envoy' | 'netns'): string | undefined {
  const found = locateCachedEnvoy(process.env);
  if (found !== undefined) return found;
  if (!isRequired(suite)) return undefined;
  return execFileSync(join(import.meta.dirname, 'install.sh'), { encoding: 'utf8' }).trim();
}

/** `OUTRIGGER_REQUIRE` is a comma list of suites that must run, not skip. */
export function isRequired(suite: string): boolean {
  return (process.env['OUTRIGGER_REQUIRE'] ?? '').split(',').includes(suite);
}
