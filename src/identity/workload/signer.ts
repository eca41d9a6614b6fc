import 'reflect-metadata';
import { createPrivateKey, type KeyObject, X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import { X509Certificate } from '@peculiar/x509';
import { OutriggerError } from '../../errors.ts';
import type { MeshRoot } from './mesh-root.ts';
import { certificateBlocks } from './pem-blocks.ts';

/** A mesh root, checked and ready to sign. Its key cannot be taken out again. */
export interface Signer {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: { readonly name: string; readonly hash: string };
  /** What proxies send behind their own certificate: up to a root, without it. */
  readonly chainPem: string;
  readonly rootsPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Throws OR2201, OR2202: a root is used as it is or not at all. `place` names it in messages. */
export async function readSigner(root: MeshRoot, now: Date, place: string): Promise<Signer> {
  try {
    const issuer = new NodeCertificate(root.certificatePem);
    const key = createPrivateKey(root.privateKeyPem);
    checkIssuer(issuer, key);
    const between = uniqueBlocks(`${root.certificatePem}${root.chainPem}`).filter((block) => !isSelfSigned(block));
    checkChain(issuer, between, certificateBlocks(root.rootsPem));
    const algorithm = algorithmOf(key);
    const { validFromDate: notBefore, validToDate: notAfter } = issuer;
    if (now >= notAfter) throw new OutriggerError('OR2202', `it ended ${notAfter.toISOString()}`, { at: place });
    if (now < notBefore) throw new OutriggerError('OR2202', `it begins ${notBefore.toISOString()}`, { at: place });
    return {
      certificate: new X509Certificate(root.certificatePem),
      key: await importKey(key, algorithm),
      algorithm,
      chainPem: between.join(''),
      rootsPem: uniqueBlocks(root.rootsPem).join(''),
      notBefore,
      notAfter,
    };
  } catch (cause) {
    if (cause instanceof OutriggerError) throw cause;
    // OpenSSL's messages name the fault, never the key.
    const detail = cause instanceof Error ? cause.message : 'it cannot be parsed';
    throw new OutriggerError('OR2201', detail, { at: place, cause });
  }
}

function checkIssuer(issuer: NodeCertificate, key: KeyObject): void {
  if (!issuer.ca) throw new Error('its certificate is not that of a CA');
  if (!issuer.checkPrivateKey(key)) throw new Error('its key belongs to another certificate');
}

/** From the issuer, over what lies between, to one of the roots, each signed by the next. */
function checkChain(issuer: NodeCertificate, between: readonly string[], roots: readonly string[]): void {
  if (roots.length === 0) throw new Error('there is no root certificate in it');
  const trusted = roots.map((block) => new NodeCertificate(block));
  const others = between.map((block) => new NodeCertificate(block));
  let current: NodeCertificate | undefined = issuer;
  for (let hops = 0; current !== undefined && hops <= others.length; hops++) {
    const subject: NodeCertificate = current;
    const signs = (by: NodeCertificate) => subject.checkIssued(by) && subject.verify(by.publicKey);
    const known = trusted.some((root) => root.fingerprint256 === subject.fingerprint256);
    // A trusted certificate that signed itself wrongly was damaged on the way here.
    if (known && (subject.subject !== subject.issuer || subject.verify(subject.publicKey))) return;
    if (!known && trusted.some(signs)) return;
    current = known ? undefined : others.find((candidate) => candidate !== subject && signs(candidate));
  }
  throw new Error('its certificate does not chain to a root of it');
}

function algorithmOf(key: KeyObject): Signer['algorithm'] & { readonly namedCurve?: string } {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const found = curves[curve];
  if (key.asymmetricKeyType === 'ec' && found !== undefined) return { name: 'ECDSA', ...found };
  throw new Error(`its key is ${key.asymmetricKeyType} ${curve}`.trim().concat(', only ECDSA and RSA can be used'));
}

const curves: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
};

/** Users' keys come in the forms of OpenSSL; WebCrypto takes PKCS #8 alone. */
function importKey(key: KeyObject, algorithm: Signer['algorithm']): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign']);
}

function uniqueBlocks(pem: string): string[] {
  return [...new Set(certificateBlocks(pem))];
}

function isSelfSigned(block: string): boolean {
  const certificate = new NodeCertificate(block);
  return certificate.subject === certificate.issuer;
}
