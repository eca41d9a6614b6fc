#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { asOutriggerError, OutriggerError } from './errors.ts';

// Half of a start is reading TypeScript. The cache is this user's own: one in /tmp could be filled by others.
const { XDG_CACHE_HOME = '', HOME = '' } = process.env;
if (isAbsolute(XDG_CACHE_HOME)) enableCompileCache(join(XDG_CACHE_HOME, 'outrigger', 'compiled'));
else if (isAbsolute(HOME)) enableCompileCache(join(HOME, '.cache', 'outrigger', 'compiled'));
const { createProgram } = await import('./cli/program.ts');

// `outrigger … | head` closes the pipe: that is an end, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

/** Exit codes: 0 done, 1 a coded error or an unexpected one, 2 a command line that is none. */
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  // Commander has printed its own message, with the nearest right name, before it throws.
  if (isCommanderError(error)) return error.exitCode === 0 ? 0 : 2;
  const coded = asOutriggerError(error);
  process.stderr.write(`error: ${coded.message}\n${coded.remedy}\n`);
  if (!(error instanceof OutriggerError)) console.error(error);
  return 1;
}

function isCommanderError(error: unknown): error is { exitCode: number } {
  return error instanceof Error && 'exitCode' in error && 'code' in error && /^commander\./.test(String(error.code));
}
