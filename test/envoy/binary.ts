import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

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
  const given = process.env['OUTRIGGER_ENVOY'];
  if (given !== undefined) return given;
  const cache = process.env['OUTRIGGER_CACHE'] ?? join(homedir(), '.cache', 'outrigger');
  const cached = join(cache, 'envoy-1.40.0', 'envoy');
  if (existsSync(cached)) return cached;
  if (!isRequired(suite)) return undefined;
  return execFileSync(join(import.meta.dirname, 'install.sh'), { encoding: 'utf8' }).trim();
}

/** `OUTRIGGER_REQUIRE` is a comma list of suites that must run, not skip. */
export function isRequired(suite: string): boolean {
  return (process.env['OUTRIGGER_REQUIRE'] ?? '').split(',').includes(suite);
}
