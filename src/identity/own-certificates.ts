import { OutriggerError } from '../errors.ts';
import { checkRoot } from './check-root.ts';
import { issueLeaf, type KeyPair, makeRoot, newKeys } from './make-certificates.ts';
import { nextRenewal } from './renewal.ts';
import type { Root, RootStore } from './root-store.ts';
import type { Clock, PairListener, ServingCertificates } from './serving-certificates.ts';
import type { ServingPair } from './serving-pair.ts';

export interface OwnCertificatesOptions {
  readonly store: RootStore;
  /** Names the store in messages: a path, a Secret. */
  readonly place: string;
  /** DNS names and IP addresses that the server is reached by. */
  readonly names: readonly string[];
  readonly leafLifetimeMs: number;
  readonly clock: Clock;
}

/** Milliseconds between two renewals, also of a certificate that the end of the root cuts short. */
const retryMs = 30_000;

/** Serving certificates signed by our own root. The root is made once, when the store has none. */
export class OwnCertificates implements ServingCertificates {
  readonly #options: OwnCertificatesOptions;
  #root: Root | undefined;
  #pair: ServingPair | undefined;

  constructor(options: OwnCertificatesOptions) {
    this.#options = options;
  }

  /** Throws OR1501, OR1502, OR1506, OR1507. */
  async load(): Promise<ServingPair> {
    // Both keys of a first start are made at the same time, on two cores.
    const [root, keys] = await Promise.all([this.#loadRoot(), newKeys()]);
    this.#root = root;
    return this.#issue(root, keys);
  }

  async #loadRoot(): Promise<Root> {
    const { store, clock, place } = this.#options;
    const known = await store.load();
    if (known !== undefined) return known;
    await store.save(await makeRoot(clock.now()));
    const made = await store.load();
    if (made === undefined) throw new OutriggerError('OR1506', 'it was written and is not there', { at: place });
    return made;
  }

  watch(listener: PairListener, signal: AbortSignal): void {
    const { clock } = this.#options;
    let cancel = () => {};
    const step = (jitter: number): void => {
      if (signal.aborted || this.#pair === undefined) return;
      const { renew, waitMs } = nextRenewal(this.#pair, clock.now(), jitter);
      if (!renew) {
        cancel = clock.after(waitMs, () => step(jitter));
        return;
      }
      this.#renew(listener).then((renewed) => {
        cancel = clock.after(retryMs, () => step(renewed ? clock.random() : jitter));
      });
    };
    signal.addEventListener('abort', () => cancel(), { once: true });
    step(clock.random());
  }

  async #renew(listener: PairListener): Promise<boolean> {
    const { place } = this.#options;
    try {
      if (this.#root === undefined) throw new OutriggerError('OR1501', 'it was never loaded', { at: place });
      listener.onPair(await this.#issue(this.#root, await newKeys()));
      return true;
    } catch (cause) {
      const unexpected = () => new OutriggerError('OR1501', `signing failed: ${String(cause)}`, { at: place, cause });
      listener.onFailure(cause instanceof OutriggerError ? cause : unexpected());
      return false;
    }
  }

  async #issue(root: Root, keys: KeyPair): Promise<ServingPair> {
    const { clock, names, leafLifetimeMs, place } = this.#options;
    const now = clock.now();
    checkRoot(root, now, place);
    this.#pair = await issueLeaf({ root, names, now, lifetimeMs: leafLifetimeMs, keys });
    return this.#pair;
  }
}
