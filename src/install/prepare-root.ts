import { OutriggerError } from '../errors.ts';
import { makeRoot } from '../identity/make-certificates.ts';
import type { Root, RootStore } from '../identity/root-store.ts';
import { makeMeshRoot } from '../identity/workload/make-mesh-root.ts';
import type { MeshRoot, MeshRootStore } from '../identity/workload/mesh-root.ts';

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

/** The root of the mesh in the same manner. A user's own, `cacerts`, is kept. Throws OR2203 and what the store throws. */
export async function prepareMeshRoot(store: MeshRootStore, now: Date): Promise<MeshRoot> {
  const found = await store.load();
  if (found !== undefined) return found;
  await store.save(await makeMeshRoot(now));
  const root = await store.load();
  if (root === undefined) throw new OutriggerError('OR2203', 'it was written and is not there');
  return root;
}
