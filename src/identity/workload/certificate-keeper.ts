import { OutriggerError } from '../../errors.ts';
import { nextRenewal } from '../renewal.ts';
import type { Clock } from '../serving-certificates.ts';
import type { RootChange } from './workload-ca.ts';
import type { WorkloadCertificate } from './workload-certificate.ts';

export interface KeeperOptions {
  /** `WorkloadCa`. */
  readonly authority: {
    issue(spiffeId: string): Promise<WorkloadCertificate>;
    onChange(listener: (change: RootChange) => void): () => void;
  };
  readonly clock: Clock;
  /** The last good certificate stays in use. */
  readonly onFailure: (spiffeId: string, error: OutriggerError) => void;
}

/** The certificate of one proxy for as long as it is there: its key pair is shared with no other. */
export interface KeptCertificate {
  readonly current: WorkloadCertificate;
  /** The answer ends that. */
  onRenewed(listener: () => void): () => void;
  /** Forgets certificate and key. */
  close(): void;
}

const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/** All certificates of a new issuer are issued within this time, not at once: a small mesh need not wait for it. */
const spreadMs = 60_000;
const spreadPerProxyMs = 50;

/** Keeps the certificates of proxies fresh: renewed at half-life, tried again ever more slowly while that fails. */
export class CertificateKeeper {
  readonly #options: KeeperOptions;
  readonly #kept = new Set<Kept>();
  readonly #unsubscribe: () => void;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#unsubscribe = options.authority.onChange((change) => {
      if (!change.issuer) return;
      const within = Math.min(spreadMs, this.#kept.size * spreadPerProxyMs);
      for (const kept of this.#kept) kept.renewWithin(within);
    });
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The first end of all that are kept, milliseconds since the epoch. */
  get firstEnd(): number | undefined {
    let first: number | undefined;
    for (const { current } of this.#kept)
      first = Math.min(first ?? Number.POSITIVE_INFINITY, current.notAfter.getTime());
    return first;
  }

  /** The first end of those for an identity, milliseconds since the epoch; undefined: there is none. */
  endOf(spiffeId: string): number | undefined {
    const ends = [...this.#kept]
      .map(({ current }) => current)
      .filter((one) => one.spiffeId === spiffeId)
      .map(({ notAfter }) => notAfter.getTime());
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  /** Rejects as `issue` does: a proxy without a certificate gets none of the rest. */
  async open(spiffeId: string): Promise<KeptCertificate> {
    const kept = new Kept(await this.#options.authority.issue(spiffeId), this.#options, () => this.#kept.delete(kept));
    this.#kept.add(kept);
    return kept;
  }

  close(): void {
    this.#unsubscribe();
    for (const kept of [...this.#kept]) kept.close();
  }
}

class Kept implements KeptCertificate {
  readonly #options: KeeperOptions;
  readonly #forget: () => void;
  readonly #listeners = new Set<() => void>();
  readonly #jitter: number;
  #current: WorkloadCertificate | undefined;
  #cancel: () => void = () => {};
  #failures = 0;

  constructor(first: WorkloadCertificate, options: KeeperOptions, forget: () => void) {
    this.#options = options;
    this.#forget = forget;
    this.#jitter = options.clock.random();
    this.#current = first;
    this.#step(first);
  }

  get current(): WorkloadCertificate {
    if (this.#current === undefined) throw new OutriggerError('OR1901', 'a certificate is asked for after its end');
    return this.#current;
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  renewWithin(milliseconds: number): void {
    this.#plan(this.#options.clock.random() * milliseconds, () => this.#renew());
  }

  close(): void {
    this.#cancel();
    this.#current = undefined;
    this.#listeners.clear();
    this.#forget();
  }

  #step(certificate: WorkloadCertificate): void {
    const { renew, waitMs } = nextRenewal(certificate, this.#options.clock.now(), this.#jitter);
    if (renew) this.#plan(this.#retryMs(), () => this.#renew());
    else this.#plan(waitMs, () => this.#lookAgain());
  }

  #lookAgain(): void {
    if (this.#current === undefined) return;
    if (nextRenewal(this.#current, this.#options.clock.now(), this.#jitter).renew) this.#renew();
    else this.#step(this.#current);
  }

  #renew(): void {
    if (this.#current === undefined) return;
    const { spiffeId } = this.#current;
    this.#cancel = () => {};
    this.#options.authority.issue(spiffeId).then(
      (certificate) => this.#take(certificate),
      (cause: unknown) => this.#fail(spiffeId, cause),
    );
  }

  #take(certificate: WorkloadCertificate): void {
    if (this.#current === undefined) return;
    this.#failures = 0;
    this.#current = certificate;
    this.#step(certificate);
    for (const listener of [...this.#listeners]) listener();
  }

  #fail(spiffeId: string, cause: unknown): void {
    if (this.#current === undefined) return;
    this.#failures += 1;
    this.#plan(this.#retryMs(), () => this.#renew());
    const error = cause instanceof OutriggerError ? cause : new OutriggerError('OR2205', String(cause), { cause });
    this.#options.onFailure(spiffeId, error);
  }

  /** A certificate that its issuer's end cuts short is due at once: it, too, waits. */
  #retryMs(): number {
    const grown = firstRetryMs * 2 ** Math.min(this.#failures, 10);
    return Math.min(longestRetryMs, grown) * (0.5 + 0.5 * this.#options.clock.random());
  }

  #plan(milliseconds: number, task: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(milliseconds, task);
  }
}
