import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { OutriggerError } from '../../errors.ts';

/** PEM of the largest request that anybody has a reason to send. */
const mostCharacters = 16_384;
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * The public key of a certificate request (PKCS #10, RFC 2986), whose owner has proven to have the private one. Names that it
 * asks for are not read: who a workload is follows from its token, as in Istio. Throws OR2230.
 */
export async function requestedKey(pem: string): Promise<Uint8Array> {
  if (pem.length > mostCharacters) throw refused(`it is longer than ${mostCharacters} characters`);
  const request = read(pem);
  const publicKey = new Uint8Array(request.publicKey.rawData);
  checkStrength(publicKey);
  const proven = await request.verify().catch(() => false);
  if (!proven) throw refused('its signature is not of its own key');
  return publicKey;
}

function read(pem: string): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(pem);
  } catch {
    throw refused('it is no PEM of a CERTIFICATE REQUEST');
  }
}

function checkStrength(publicKey: Uint8Array): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = keyOf(publicKey);
  if (type === 'ec' && curves.includes(details?.namedCurve ?? '')) return;
  const bits = details?.modulusLength ?? 0;
  if (type === 'rsa' && bits >= 2048 && bits <= 8192) return;
  throw refused(
    `its key is ${type} ${details?.namedCurve ?? bits}: ECDSA on P-256, P-384 or P-521, or RSA of 2048 to 8192 bits`,
  );
}

function keyOf(publicKey: Uint8Array): ReturnType<typeof createPublicKey> {
  try {
    return createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  } catch {
    throw refused('its key cannot be read');
  }
}

const refused = (why: string): OutriggerError => new OutriggerError('OR2230', why);
