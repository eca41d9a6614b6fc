import { OutriggerError } from '../errors.ts';

/** Errors whose remedy says that nothing was changed, or that say nothing of it. */
const silent: readonly string[] = ['OR1630', 'OR2503', 'OR2508'];

/** What ended it, with what was done before: OR2508. Anything else stays as it is. Pure. */
export function inTheMiddle(error: unknown, done: readonly string[]): unknown {
  if (!(error instanceof OutriggerError) || done.length === 0 || !silent.includes(error.code)) return error;
  const why = error.code === 'OR2508' ? error.detail : error.message;
  return new OutriggerError('OR2508', `done: ${done.join(', ')}. Then: ${why}`, { cause: error });
}
