import { OutriggerError } from '../../errors.ts';
import type { MeshRoot } from '../workload/mesh-root.ts';
import { certificateBlocks } from '../workload/pem-blocks.ts';
import { readSigner } from '../workload/signer.ts';
import { ofNext } from './next-root.ts';
import type { RotationStore } from './rotate.ts';
import { isSameIssuer } from './stage.ts';

export interface BeginOptions {
  readonly store: RotationStore;
  /** What the user brings along; without it a root is made, where the one in use was made, too. */
  readonly given: MeshRoot | undefined;
  readonly make: () => Promise<MeshRoot>;
  readonly now: Date;
}

/**
 * Lays down what the mesh is to have in the end. `taken up`: a rotation is under way, and goes on. Throws OR2201, OR2202 for
 * a root that cannot be used, OR2240, OR2241, OR2242.
 */
export async function beginRotation({ store, given, make, now }: BeginOptions): Promise<'begun' | 'taken up'> {
  const { current, next } = await store.read();
  if (next !== undefined) {
    ofNext(() => readSigner(next, now, store.nextPlace));
    if (given !== undefined && !isSameIssuer(given, next))
      throw new OutriggerError('OR2241', 'it is to another certificate', { at: store.place });
    return 'taken up';
  }
  readSigner(current, now, store.place);
  if (given === undefined && !isSelfMade(current))
    throw new OutriggerError('OR2240', 'the root in use is your own', { at: store.place });
  const issuer = given ?? (await make());
  if (isSameIssuer(current, issuer)) throw new OutriggerError('OR2240', 'it is the one in use', { at: store.place });
  const end = endOf(current, issuer, now);
  readSigner(end, now, 'the new root');
  await store.prepare(end);
  return 'begun';
}

/** As `makeMeshRoot` makes them: whoever brings their own does not want another in its place. */
function isSelfMade({ certificatePem, rootsPem }: MeshRoot): boolean {
  return certificateBlocks(rootsPem).includes(certificateBlocks(certificatePem)[0] ?? '');
}

/** Roots that stand beside those of the old issuer stay, such as that of another mesh. */
function endOf(current: MeshRoot, issuer: MeshRoot, now: Date): MeshRoot {
  const others = certificateBlocks(current.rootsPem).filter((root) => !chainsTo(current, root, now));
  const roots = new Set([...certificateBlocks(issuer.rootsPem), ...others]);
  return { ...issuer, rootsPem: [...roots].join('') };
}

function chainsTo(issuer: MeshRoot, rootPem: string, now: Date): boolean {
  try {
    readSigner({ ...issuer, rootsPem: rootPem }, now, '');
    return true;
  } catch {
    return false;
  }
}
