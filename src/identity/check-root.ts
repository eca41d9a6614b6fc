import { createPrivateKey, X509Certificate } from 'node:crypto';
import { OutriggerError } from '../errors.ts';
import type { Root } from './root-store.ts';

/** Throws OR1501, OR1502, OR1507: a root is used as it is or not at all, never replaced. `place` is for the message. */
export function checkRoot(root: Root, now: Date, place: string): { readonly notAfter: Date } {
  const certificate = parse(root, place);
  if (!certificate.ca) throw new OutriggerError('OR1501', 'its certificate is not that of a CA', { at: place });
  const { notAfter, notBefore } = validityOf(certificate);
  if (now >= notAfter) throw new OutriggerError('OR1502', `it ended ${notAfter.toISOString()}`, { at: place });
  if (now < notBefore) throw new OutriggerError('OR1507', `it begins ${notBefore.toISOString()}`, { at: place });
  return { notAfter };
}

function parse(root: Root, place: string): X509Certificate {
  try {
    const certificate = new X509Certificate(root.certificatePem);
    const key = createPrivateKey(root.privateKeyPem);
    if (key.asymmetricKeyType !== 'rsa') throw new Error(`its key is ${key.asymmetricKeyType}, only RSA can be used`);
    if (!certificate.checkPrivateKey(key)) throw new Error('its key belongs to another certificate');
    const selfSigned = certificate.subject === certificate.issuer;
    if (selfSigned && !certificate.verify(certificate.publicKey)) throw new Error('its signature is wrong');
    return certificate;
  } catch (cause) {
    // OpenSSL's messages name the fault, never the key.
    const detail = cause instanceof Error ? cause.message : 'it cannot be parsed';
    throw new OutriggerError('OR1501', detail, { at: place, cause });
  }
}

export function validityOf(certificate: X509Certificate): { notBefore: Date; notAfter: Date } {
  return { notBefore: certificate.validFromDate, notAfter: certificate.validToDate };
}
