/** The certification authority of the webhook's serving certificate, and of nothing else. PEM texts. */
export interface Root {
  readonly certificatePem: string;
  /** PKCS #8, unencrypted: never logged, never printed. */
  readonly privateKeyPem: string;
}

/**
 * Where the root lives. It is in caBundles of a cluster, so a store never replaces one: `save` leaves a root
 * that came first as it is, and the `load` that follows tells which of two writers has won.
 */
export interface RootStore {
  /** Undefined when there is none yet. Throws OR1501 when there is something that is no root. */
  load(): Promise<Root | undefined>;
  /** Throws OR1506. */
  save(root: Root): Promise<void>;
}
