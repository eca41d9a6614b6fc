import { isDeepStrictEqual } from 'node:util';

/** Whether two values say the same. What cannot be compared, for its depth or because it throws, is another. */
export function isSame(left: unknown, right: unknown): boolean {
  try {
    return isDeepStrictEqual(left, right);
  } catch {
    return false;
  }
}
