import type { Command } from 'commander';
import type { OutriggerError } from '../errors.ts';

/** Ends as commander's own errors of a command line do: the message, and exit code 2. */
export function usageError(command: Command, { message, remedy }: OutriggerError): never {
  // The remedy says where to look.
  command.showHelpAfterError(false);
  command.error(`error: ${message}\n${remedy}`, { exitCode: 2, code: 'commander.usage' });
}
