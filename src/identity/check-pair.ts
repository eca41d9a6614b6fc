import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { OutriggerError } from '../errors.ts';
import { validityOf } from './check-root.ts';
import type { ServingPair } from './serving-pair.ts';

export interface PemTexts {
  readonly chainPem: string;
  readonly keyPem: string;
  /** Empty when clients know the CA from elsewhere. */
  readonly caPem: string;
}

/** A pair that a TLS server can serve now. `place` names it in messages. Throws OR1503, OR1504, OR1505, OR1508. */
export function checkPair(texts: PemTexts, now: Date, place: string): ServingPair {
  const chain = parseCertificates(texts.chainPem, place);
  const leaf = chain[0];
  if (leaf === undefined) throw new OutriggerError('OR1503', 'there is no CERTIFICATE block in it', { at: place });
  if (!leaf.checkPrivateKey(parseKey(texts.keyPem, place))) {
    throw new OutriggerError('OR1504', `the certificate is that of ${leaf.subject.replaceAll('\n', ', ')}`, {
      at: place,
    });
  }
  const { notBefore, notAfter } = validityOf(leaf);
  if (now >= notAfter) throw new OutriggerError('OR1505', `it ended ${notAfter.toISOString()}`, { at: place });
  if (now < notBefore) throw new OutriggerError('OR1505', `it begins ${notBefore.toISOString()}`, { at: place });
  checkChain(chain, parseCertificates(texts.caPem, place), place);
  return { ...texts, notBefore, notAfter };
}

function parseCertificates(pem: string, place: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new OutriggerError('OR1503', 'a CERTIFICATE block cannot be parsed', { at: place, cause });
  }
}

function parseKey(pem: string, place: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new OutriggerError('OR1503', 'the private key cannot be parsed', { at: place, cause });
  }
}

/** From the leaf, over what stands behind it, to a certificate of the CA file (or one signed by it). */
function checkChain(chain: readonly X509Certificate[], trusted: readonly X509Certificate[], place: string): void {
  if (trusted.length === 0) return;
  const trustedPrints = new Set(trusted.map((certificate) => certificate.fingerprint256));
  let current = chain[0];
  for (let hops = 0; current !== undefined && hops <= chain.length; hops++) {
    const subject: X509Certificate = current;
    const signs = (issuer: X509Certificate) => subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
    if (trustedPrints.has(subject.fingerprint256) || trusted.some(signs)) return;
    current = chain.find((candidate) => candidate !== subject && signs(candidate));
  }
  throw new OutriggerError('OR1508', 'no certificate of the CA file has signed it', { at: place });
}
