import { inspect } from 'node:util';

export interface WorkloadCertificateParts {
  /** Leaf first, then intermediates, no root. */
  readonly certificateChainPem: string;
  readonly privateKeyPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Hex. */
  readonly serial: string;
  /** SHA-256 of the certificate that signed it. */
  readonly issuer: string;
}

/** What a proxy proves itself with. The key is behind a getter that neither JSON nor a log line follows. */
export class WorkloadCertificate implements WorkloadCertificateParts {
  readonly spiffeId: string;
  readonly certificateChainPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serial: string;
  readonly issuer: string;
  readonly #privateKeyPem: string;

  constructor(spiffeId: string, parts: WorkloadCertificateParts) {
    this.spiffeId = spiffeId;
    this.certificateChainPem = parts.certificateChainPem;
    this.notBefore = parts.notBefore;
    this.notAfter = parts.notAfter;
    this.serial = parts.serial;
    this.issuer = parts.issuer;
    this.#privateKeyPem = parts.privateKeyPem;
  }

  /** PKCS #8. */
  get privateKeyPem(): string {
    return this.#privateKeyPem;
  }

  [inspect.custom](): string {
    return `WorkloadCertificate ${this.serial} of ${this.spiffeId}`;
  }
}
