import { X509Certificate } from 'node:crypto';
import { certificateBlocks } from './pem-blocks.ts';

/** What may be told of a certificate to anybody. */
export interface CertificateFacts {
  /** SHA-256 of its DER, `AB:CD:…`. */
  readonly fingerprint: string;
  /** `O=Outrigger, CN=Outrigger mesh root 4f2a…` */
  readonly subject: string;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
}

/** Of each CERTIFICATE block of a text, in its order, each once. Throws what OpenSSL says of one that is none. */
export function certificateFacts(pem: string): CertificateFacts[] {
  const all = certificateBlocks(pem).map((block) => {
    const certificate = new X509Certificate(block);
    return {
      fingerprint: certificate.fingerprint256,
      subject: certificate.subject.split('\n').join(', '),
      notBefore: certificate.validFromDate.toISOString(),
      notAfter: certificate.validToDate.toISOString(),
    };
  });
  return [...new Map(all.map((facts) => [facts.fingerprint, facts])).values()];
}

/** Sorted, each once: of equal sets equal lists. */
export function fingerprintsOf(pem: string): string[] {
  return certificateFacts(pem)
    .map(({ fingerprint }) => fingerprint)
    .sort();
}
