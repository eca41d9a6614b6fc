export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Milliseconds between two looks at the clock, which may be set at any time. */
const longestWaitMs = 10_000;
const shortestWaitMs = 1_000;

/**
 * Whether a certificate is to be renewed now, else how long to wait before asking again.
 *
 * ```
 *   notBefore              40 %    50 %                    notAfter
 *   |---- serve ------------|~~~~~~~|---- renew (again and again) --|
 *   ^ before it: the clock was set back; renew, clients may refuse it
 * ```
 * `jitter` in [0, 1) moves the moment ahead from half-life by up to a tenth of the lifetime, so that the
 * replicas of a control plane do not all renew at once.
 */
export function nextRenewal(validity: Validity, now: Date, jitter: number): { renew: boolean; waitMs: number } {
  const begin = validity.notBefore.getTime();
  const lifetime = validity.notAfter.getTime() - begin;
  const moment = begin + lifetime * (0.5 - 0.1 * jitter);
  const left = moment - now.getTime();
  if (left <= 0 || now.getTime() < begin) return { renew: true, waitMs: 0 };
  return { renew: false, waitMs: Math.min(longestWaitMs, Math.max(shortestWaitMs, Math.ceil(left))) };
}
