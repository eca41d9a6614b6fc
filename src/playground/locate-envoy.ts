import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `OUTRIGGER_ENVOY`, or what `test/envoy/install.sh` put into the cache. */
export function locateCachedEnvoy(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const given = env['OUTRIGGER_ENVOY'];
  if (given !== undefined) return given;
  const cache = env['OUTRIGGER_CACHE'] ?? join(homedir(), '.cache', 'outrigger');
  const cached = join(cache, 'envoy-1.40.0', 'envoy');
  return existsSync(cached) ? cached : undefined;
}
