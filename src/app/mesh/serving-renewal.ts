import { nextRenewal, type Validity } from '../../identity/renewal.ts';
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

/**
 * Keeps the certificate of the discovery port fresh: at half of its life, when the time of day leaves its life, and when the
 * root changes. A failure is tried again, the last certificate stays in use.
 */
export function renewServing(renewal: ServingRenewal, first: Validity, signal: AbortSignal): void {
  const { authority, names, credentials, now, after, onFailure } = renewal;
  let cancel: () => void = () => undefined;
  const wait = (pair: Validity): void => {
    const { renew: due, waitMs } = nextRenewal(pair, new Date(now()), 0);
    // One that the end of the root cuts short is due at once.
    cancel = due ? after(retryMs, () => void renew()) : after(waitMs, () => look(pair));
  };
  const look = (pair: Validity): void => {
    if (nextRenewal(pair, new Date(now()), 0).renew) void renew();
    else wait(pair);
  };
  const renew = async (): Promise<void> => {
    cancel();
    if (signal.aborted) return;
    try {
      const pair = await authority.issueServing(names);
      credentials.update({ certificate: pair.chainPem, key: pair.keyPem, clientRoots: pair.caPem });
      wait(pair);
    } catch (error) {
      onFailure(error);
      cancel = after(retryMs, () => void renew());
    }
  };
  wait(first);
  const unsubscribe = authority.onChange(() => void renew());
  const stop = (): void => {
    cancel();
    unsubscribe();
  };
  signal.addEventListener('abort', stop, { once: true });
}
