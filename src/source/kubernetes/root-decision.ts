/** Name and key are Istio's: injected pods mount it. */
export const rootConfigMapName = 'istio-ca-root-cert';
export const rootKey = 'root-cert.pem';
/** Says which control plane made a ConfigMap, by its namespace. */
export const ownerLabel = 'outrigger.io/mesh-root-of';

/** What is kept of a ConfigMap. */
export interface RootRecord {
  readonly namespace: string;
  readonly resourceVersion: string;
  /** '' when the label is not there. */
  readonly owner: string;
  readonly root: string;
}

/**
 * `right`: proxies that read it trust us. `foreign`: another made it, and they would not. Of one that we made the text
 * has to be ours; of another's it is enough that our roots are among its. Pure.
 */
export function decideRoot(
  record: RootRecord | undefined,
  roots: string,
  owner: string,
): 'right' | 'create' | 'restore' | 'foreign' {
  if (record === undefined) return 'create';
  if (record.root === roots) return 'right';
  if (record.owner === owner) return 'restore';
  const theirs = new Set(blocksOf(record.root));
  const ours = blocksOf(roots);
  return ours.length > 0 && ours.every((block) => theirs.has(block)) ? 'right' : 'foreign';
}

/** The contents of the CERTIFICATE blocks, however their lines are broken. */
function blocksOf(pem: string): string[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g);
  return [...blocks].map(([, content = '']) => content.replace(/\s+/g, ''));
}
