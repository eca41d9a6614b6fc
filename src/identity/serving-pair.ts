/** What a TLS server presents, and whom its clients have to trust. PEM texts. */
export interface ServingPair {
  /** The leaf, followed by intermediates where there are any. */
  readonly chainPem: string;
  readonly keyPem: string;
  /** For `caBundle` and `curl --cacert`; empty when a given pair came without it. */
  readonly caPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}
