/**
 * The certification authority of the mesh, as Istio's Secret `cacerts` holds it. PEM texts; a value of this type is for
 * the moment between a store and the signer, not to be kept.
 */
export interface MeshRoot {
  /** `ca-cert.pem`: signs workloads. A root of its own, or an intermediate. */
  readonly certificatePem: string;
  /** `ca-key.pem`, ECDSA or RSA, unencrypted: never logged, never printed. */
  readonly privateKeyPem: string;
  /** `cert-chain.pem`: what lies between `ca-cert.pem` and a root; may hold both, may be empty. */
  readonly chainPem: string;
  /** `root-cert.pem`: what proxies trust. Several while one root replaces another. */
  readonly rootsPem: string;
}

/** As for the webhook's root: a store creates and never replaces, and `load` after `save` tells which writer has won. */
export interface MeshRootStore {
  /** Undefined when there is none yet. Throws OR2201, or the store's own error when it does not answer. */
  load(): Promise<MeshRoot | undefined>;
  /** Throws OR2203. */
  save(root: MeshRoot): Promise<void>;
}
