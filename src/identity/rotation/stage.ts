import { fingerprintsOf } from '../workload/certificate-facts.ts';
import type { MeshRoot } from '../workload/mesh-root.ts';

/**
 * What the store holds: the root in use, and the whole of what it is to be in the end, which waits beside it while a
 * rotation is under way. The stage follows from the two alone, so a rotation can be taken up wherever it was left.
 *
 *   stage      issuer   roots        proxies have to have acknowledged, before the next step
 *   none       A        A            -
 *   prepared   A        A            -
 *   trust      A        A and B      both roots, and so the pods' ConfigMaps
 *   switch     B        A and B      a certificate of B
 *   retire     B        B            the new root alone; then what waits is deleted
 */
export interface RootStoreContent {
  readonly current: MeshRoot;
  readonly next: MeshRoot | undefined;
}

export const stages = ['none', 'prepared', 'trust', 'switch', 'retire'] as const;
export type Stage = (typeof stages)[number];

export function stageOf({ current, next }: RootStoreContent): Stage {
  if (next === undefined) return 'none';
  const [roots, later] = [fingerprintsOf(current.rootsPem), fingerprintsOf(next.rootsPem)];
  if (isSameIssuer(current, next)) return String(roots) === String(later) ? 'retire' : 'switch';
  return later.every((root) => roots.includes(root)) ? 'trust' : 'prepared';
}

export function isSameIssuer(one: MeshRoot, other: MeshRoot): boolean {
  return String(fingerprintsOf(one.certificatePem)) === String(fingerprintsOf(other.certificatePem));
}

/** What the store has to hold in the stage after this one; undefined where there is none. */
export function contentAfter({ current, next }: RootStoreContent): MeshRoot | undefined {
  if (next === undefined) return undefined;
  const both = `${current.rootsPem}${next.rootsPem}`;
  switch (stageOf({ current, next })) {
    case 'prepared':
      return { ...current, rootsPem: both };
    case 'trust':
      return { ...next, rootsPem: both };
    case 'switch':
      return next;
    default:
      return undefined;
  }
}
