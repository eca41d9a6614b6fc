import type { WorkloadCa } from '../../identity/workload/workload-ca.ts';
import type { ServingCertificate } from '../../wire/serving-certificate.ts';

export interface ServingRenewal {
  readonly authority: Pick<WorkloadCa, 'issueServing' | 'onChange'>;
  readonly names: readonly string[];
  readonly credentials: Pick<ServingCertificate, 'update'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly after: (ms: number, task: () => void) => () => void;
  readonly onFailure: (error: unknown) => void;
}

const retryMs = 60_000;
const longestTimerMs = 2 ** 31 - 1;

/**
 * Keeps the certificate of the discovery port fresh: at half of its life, and when the root changes. A failure is tried
 * again, the last certificate stays in use.
 */
export function renewServing(renewal: ServingRenewal, notAfter: Date, signal: AbortSignal): void {
  const { authority, names, credentials, now, after, onFailure } = renewal;
  let cancel: () => void = () => undefined;
  const plan = (end: Date): void => {
    const half = Math.max((end.getTime() - now()) / 2, 1000);
    cancel = after(Math.min(half, longestTimerMs), () => void renew());
  };
  const renew = async (): Promise<void> => {
    cancel();
    if (signal.aborted) return;
    try {
      const pair = await authority.issueServing(names);
      credentials.update({ certificate: pair.chainPem, key: pair.keyPem });
      plan(pair.notAfter);
    } catch (error) {
      onFailure(error);
      cancel = after(retryMs, () => void renew());
    }
  };
  plan(notAfter);
  const unsubscribe = authority.onChange(() => void renew());
  const stop = (): void => {
    cancel();
    unsubscribe();
  };
  signal.addEventListener('abort', stop, { once: true });
}
