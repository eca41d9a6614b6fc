/** PEM. */
export interface ServingPair {
  readonly certificate: string;
  readonly key: string;
  /** Clients may show a certificate of these; without them none is asked for. */
  readonly clientRoots?: string;
}

/** What a port serves with, which changes while it is open: new connections get the new one, those that are open go on. */
export class ServingCertificate {
  #pair: ServingPair;
  readonly #listeners = new Set<() => void>();

  constructor(pair: ServingPair) {
    this.#pair = pair;
  }

  /** As Node's TLS takes it. */
  get current(): { readonly cert: string; readonly key: string; readonly ca?: string } {
    const { certificate: cert, key, clientRoots } = this.#pair;
    return { cert, key, ...(clientRoots === undefined ? {} : { ca: clientRoots }) };
  }

  update(pair: ServingPair): void {
    this.#pair = pair;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Told after an update. The answer ends that. */
  onUpdate(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
