import { OutriggerError } from '../errors.ts';
import { makeRoot } from '../identity/make-certificates.ts';
import type { Root, RootStore } from '../identity/root-store.ts';

/**
 * The webhook's root, made once: what `install` calls before it builds the manifests with `certificatePem` as
 * their `caPem`. An existing root is kept. Throws OR1506 and what the store throws.
 */
export async function prepareRoot(store: RootStore, now: Date): Promise<Root> {
  const found = await store.load();
  if (found !== undefined) return found;
  await store.save(await makeRoot(now));
  const root = await store.load();
  if (root === undefined) throw new OutriggerError('OR1506', 'it was written and is not there');
  return root;
}
