import { OutriggerError } from '../../errors.ts';
import type { Clock } from '../serving-certificates.ts';
import type { ServingPair } from '../serving-pair.ts';
import { requestedKey } from './certificate-request.ts';
import { certifyKey, type IssueTimes, issueCertificate, issueServing } from './issue-certificate.ts';
import { makeMeshRoot } from './make-mesh-root.ts';
import type { MeshRootStore } from './mesh-root.ts';
import { certificateBlocks } from './pem-blocks.ts';
import { readSigner, type Signer } from './signer.ts';
import type { WorkloadCertificate } from './workload-certificate.ts';

export interface WorkloadCaOptions {
  readonly store: MeshRootStore;
  /** Names the store in messages: a path, a Secret. */
  readonly place: string;
  readonly clock: Clock;
  /** Of each certificate; 24 h without it. */
  readonly lifetimeMs?: number;
  /** Milliseconds between two looks at the store; a minute without it. */
  readonly pollMs?: number;
}

/** What of the mesh root is another now. */
export interface RootChange {
  readonly roots: boolean;
  readonly issuer: boolean;
}

/** The authority of the mesh: signs workloads, and tells of a root that someone replaced in the store. */
export class WorkloadCa {
  readonly #options: WorkloadCaOptions;
  readonly #listeners = new Set<(change: RootChange) => void>();
  #signer: Signer | undefined;
  #issued = 0;
  #failed = 0;

  constructor(options: WorkloadCaOptions) {
    this.#options = options;
  }

  /** Makes the root when the store has none. Throws OR2201, OR2202, OR2203. */
  async load(): Promise<void> {
    const { store, clock, place } = this.#options;
    const known = await store.load();
    if (known === undefined) await store.save(await makeMeshRoot(clock.now()));
    const root = known ?? (await store.load());
    if (root === undefined) throw new OutriggerError('OR2203', 'it was written and is not there', { at: place });
    this.#signer = readSigner(root, clock.now(), place);
  }

  /** How many certificates it has signed since it began, and how many it could not. */
  get counts(): { readonly issued: number; readonly failed: number } {
    return { issued: this.#issued, failed: this.#failed };
  }

  /** What proxies trust, PEM. */
  get rootsPem(): string {
    return this.#loaded().rootsPem;
  }

  /** The certificate that signs, PEM. */
  get issuerPem(): string {
    return this.#loaded().certificatePem;
  }

  /** End of the certificate that signs. */
  get notAfter(): Date {
    return this.#loaded().notAfter;
  }

  /** The same; undefined before it is loaded. */
  get endsAt(): Date | undefined {
    return this.#signer?.notAfter;
  }

  /** Throws OR2202, OR2204, OR2205. */
  issue(spiffeId: string): Promise<WorkloadCertificate> {
    return this.#sign((signer, times) => issueCertificate(signer, spiffeId, times));
  }

  /**
   * For a workload that keeps its own key: `csrPem` is a PKCS #10 request. Never for longer than the authority issues; the
   * answer is the chain, leaf first and the roots last. Throws OR2202, OR2204, OR2205, OR2230.
   */
  async certify(spiffeId: string, csrPem: string, lifetimeMs: number): Promise<readonly string[]> {
    const publicKey = await requestedKey(csrPem);
    return this.#sign(async (signer, times) => {
      const bounded = {
        ...times,
        lifetimeMs: lifetimeMs > 0 ? Math.min(lifetimeMs, times.lifetimeMs) : times.lifetimeMs,
      };
      const chainPem = await certifyKey(signer, spiffeId, publicKey, bounded);
      return [...certificateBlocks(chainPem), signer.rootsPem];
    });
  }

  /** For the port that proxies connect to. Throws OR2202, OR2205. */
  issueServing(dnsNames: readonly string[]): Promise<ServingPair> {
    return this.#sign((signer, times) => issueServing(signer, dnsNames, times));
  }

  async #sign<T>(act: (signer: Signer, times: IssueTimes) => Promise<T>): Promise<T> {
    const { clock, lifetimeMs = 24 * 3_600_000 } = this.#options;
    try {
      const signed = await act(this.#loaded(), { now: clock.now(), lifetimeMs });
      this.#issued += 1;
      return signed;
    } catch (cause) {
      this.#failed += 1;
      if (cause instanceof OutriggerError) throw cause;
      throw new OutriggerError('OR2205', cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  /** Told when the store has another root. The answer ends that. */
  onChange(listener: (change: RootChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks at the store again and again; a root that cannot be used is reported and the last good one stays. */
  watch(onFailure: (error: OutriggerError) => void, signal: AbortSignal): void {
    const { clock, pollMs = 60_000, place } = this.#options;
    let reported = '';
    const look = async (): Promise<void> => {
      try {
        await this.refresh();
        reported = '';
      } catch (cause) {
        const error =
          cause instanceof OutriggerError ? cause : new OutriggerError('OR2201', String(cause), { at: place, cause });
        if (error.message !== reported) onFailure(error);
        reported = error.message;
      }
      if (!signal.aborted) cancel = clock.after(pollMs, look);
    };
    let cancel = clock.after(pollMs, look);
    signal.addEventListener('abort', () => cancel(), { once: true });
  }

  /** Looks at the store now. Throws OR2201, OR2202, and what the store throws; the last good root stays then. */
  async refresh(): Promise<void> {
    const { store, clock, place } = this.#options;
    const before = this.#loaded();
    const root = await store.load();
    if (root === undefined) throw new OutriggerError('OR2201', 'it is gone; the last one stays in use', { at: place });
    const after = readSigner(root, clock.now(), place);
    const issuer = before.fingerprint !== after.fingerprint || before.chainPem !== after.chainPem;
    const change = { issuer, roots: before.rootsPem !== after.rootsPem };
    if (!change.issuer && !change.roots) return;
    this.#signer = after;
    for (const listener of [...this.#listeners]) listener(change);
  }

  #loaded(): Signer {
    if (this.#signer === undefined) throw new OutriggerError('OR2201', 'it was never loaded');
    return this.#signer;
  }
}
