import { OutriggerError } from '../../errors.ts';

/** What waits beside the root has a remedy of its own, as nothing uses it yet: OR2242 in place of OR2201. */
export function ofNext<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof OutriggerError) || cause.code !== 'OR2201') throw cause;
    throw new OutriggerError('OR2242', cause.detail, { ...(cause.at === undefined ? {} : { at: cause.at }), cause });
  }
}
