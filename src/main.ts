#!/usr/bin/env node
import { CommanderError } from 'commander';
import { createProgram } from './cli/program.ts';
import { asOutriggerError, OutriggerError } from './errors.ts';

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
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const coded = asOutriggerError(error);
  process.stderr.write(`error: ${coded.message}\n${coded.remedy}\n`);
  if (!(error instanceof OutriggerError)) console.error(error);
  return 1;
}
