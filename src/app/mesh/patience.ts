import { setTimeout as sleep } from 'node:timers/promises';
import { asOutriggerError, type OutriggerError } from '../../errors.ts';

export interface Patience {
  readonly signal: AbortSignal;
  /** Each failure once, until it is another one. */
  readonly onFailure: (error: OutriggerError) => void;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Milliseconds of the first wait; each next one is twice as long, up to `longestMs`. */
  readonly firstMs?: number;
  readonly longestMs?: number;
}

/** Does it until it works. Rejects only with the signal's reason. */
export async function untilDone<T>(act: () => Promise<T>, patience: Patience): Promise<T> {
  const { signal, onFailure, random = Math.random, firstMs = 1000, longestMs = 10_000 } = patience;
  let told = '';
  for (let wait = firstMs; ; wait = Math.min(wait * 2, longestMs)) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (cause) {
      const error = asOutriggerError(cause);
      if (error.message !== told) onFailure(error);
      told = error.message;
    }
    await sleep(wait * (0.5 + random() / 2), undefined, { signal, ref: false });
  }
}

/** Until all objects of the mesh are known. `onLate` is told each time it looks after a minute: what is missing then is not on its way. */
export async function untilListed(
  objects: { readonly objectsSynced: boolean },
  signal: AbortSignal,
  onLate: () => void,
): Promise<void> {
  const late = Date.now() + 60_000;
  while (!objects.objectsSynced) {
    await sleep(20, undefined, { signal });
    if (Date.now() > late) onLate();
  }
}
