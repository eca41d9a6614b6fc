import { createHash } from 'node:crypto';

/** Those of Kubernetes: no vowels, so that no words come about. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** `reviews-v1-<hash>-<suffix>`: the same text always gives the same letters, so names are those of the last run. */
export function lettersOf(seed: string, length: number): string {
  const digest = createHash('sha256').update(seed).digest();
  return [...digest.subarray(0, length)].map((byte) => alphabet[byte % alphabet.length]).join('');
}
